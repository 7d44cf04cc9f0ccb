import Diagnostics

/// How the images of ``Scenes`` and ``Photos`` are taken: what moves while the shutter is open.
public struct MotionBlurSettings: Sendable, Equatable {
    /// The longest way, in pixels, that anything moves on the image while the shutter is open.
    public var motion: Double
    /// Objects in each image that move on their own, before and behind one another.
    public var objects: Int
    /// Sub-frames averaged into a blurred image: an odd number of this range, drawn for each image. Fewer
    /// sub-frames are a shorter exposure, in which everything moves less far.
    public var frames: ClosedRange<Int>
    /// Standard deviation of the Gaussian noise added to the blurred image, in levels of 255.
    public var noise: Double
    /// How far the camera itself moves: 1 as a hand holds it, 0 as a fixed one.
    public var shake: Double
    /// The part of each background that is a large smooth area, as a sky or a wall is.
    public var smooth: Double

    public init(
        motion: Double = 12, objects: Int = 3, frames: ClosedRange<Int> = 7...13, noise: Double = 0,
        shake: Double = 1, smooth: Double = 0
    ) {
        self.motion = motion
        self.objects = objects
        self.frames = frames
        self.noise = noise
        self.shake = shake
        self.smooth = smooth
    }

    /// What ``objects`` may be.
    public static let objectLimits = 0...64

    /// Odd numbers of sub-frames, which have one in the middle.
    var oddFrames: [Int] { frames.filter { $0 % 2 == 1 } }

    /// - Throws: `out-of-range`, naming the argument and what it may be.
    func check(width: Int, height: Int) throws(Diagnostic) {
        try requireRange("motion", motion, 0, Double(min(width, height)))
        try requireRange("objects", objects, Self.objectLimits)
        try requireRange("noise", noise, 0, 255)
        try requireRange("shake", shake, 0, 1)
        try requireRange("smooth", smooth, 0, 1)
        guard frames.lowerBound >= 1, frames.upperBound <= 101, !oddFrames.isEmpty else {
            throw Diagnostic(
                "out-of-range",
                "`frames` is \(frames.lowerBound)..\(frames.upperBound); it must lie in 1..101 and hold an odd number",
                notes: ["the sharp image is the middle sub-frame, which only an odd number of them has"]
            ).of(argument: "frames")
        }
    }

    /// What is not as usual, for a dataset's description: two that differ in motion alone must not read
    /// alike.
    var peculiarities: String {
        let usual = MotionBlurSettings()
        var text = ""
        if motion != usual.motion { text += ", motion \(plainText(motion))" }
        if objects != usual.objects { text += ", objects \(objects)" }
        if frames != usual.frames { text += ", frames \(frames.lowerBound)..\(frames.upperBound)" }
        if noise != usual.noise { text += ", noise \(plainText(noise))" }
        if shake != usual.shake { text += ", shake \(plainText(shake))" }
        if smooth != usual.smooth { text += ", smooth \(plainText(smooth))" }
        return text
    }

    /// The lines of a data set's manifest. Settings that came later are named only where they are not as
    /// usual, so that the images of earlier versions keep their fingerprints.
    var manifestLines: [String] {
        let usual = MotionBlurSettings()
        return [
            "motion \(motion)", "objects \(objects)", "frames \(frames.lowerBound)..\(frames.upperBound)",
            "noise \(noise)",
        ] + (shake == usual.shake ? [] : ["shake \(shake)"])
            + (smooth == usual.smooth ? [] : ["smooth \(smooth)"])
    }
}
