/// What the numbers of an image's colours mean, as its file says it.
///
/// Networks restore the numbers, whatever they mean, and a restored image keeps the description of its
/// source, so that it looks as the source does: see Documentation/Decisions/0010.
public struct ColourDescription: Sendable, Equatable {
    public let profile: ColourProfile?
    /// The colour chunks of a PNG file, apart from the profile: each type once.
    public let chunks: [PNGColourChunk]

    /// The description of a file that says nothing of its colours.
    public static let none = ColourDescription(profile: nil, chunks: [])

    init(profile: ColourProfile?, chunks: [PNGColourChunk] = []) {
        (self.profile, self.chunks) = (profile, chunks)
    }

    /// Those that go into a PNG file of so many channels: all, but for `sRGB` beside a profile, which counts
    /// before it and must not stand beside it [PNG specification, third edition, 11.3.2.5].
    func chunks(forChannels channels: Int) -> [PNGColourChunk] {
        profile?.channels == channels ? chunks.filter { $0.kind != .srgb } : chunks
    }

    /// What an image of so many channels in another file would say no more, as it is called in a message;
    /// `nil` where its colours mean the same there.
    ///
    /// Of what a file says, the first of `cICP`, the profile, `sRGB`, and `gAMA` with `cHRM` counts [PNG
    /// specification, third edition, 4.3]. The later ones are only there for programs that cannot read an
    /// earlier one, so they may be lost as long as the one that counts is kept. A profile that is kept says
    /// what JPEG has no chunks for, and a file that says nothing of its colours is taken to be in sRGB.
    public func loss(in format: ImageFormat, channels: Int) -> String? {
        let keepsProfile = profile?.channels == channels
        let coding = chunks.first { $0.kind == .cicp }
        if coding != nil, format == .png || keepsProfile { return nil }
        if profile != nil, coding == nil {
            return keepsProfile
                ? nil
                : "the source's colour profile, which is for \(channels == 1 ? "coloured" : "grey") pixels"
        }
        let counting: [PNGColourChunk] =
            if let coding {
                [coding]
            } else if let chunk = chunks.first(where: { $0.kind == .srgb }) {
                [chunk]
            } else {
                chunks.filter { $0.kind == .gamma || $0.kind == .chromaticities }
            }
        guard format == .jpeg, !counting.allSatisfy(\.isThatOfSRGB) else { return nil }
        let names = counting.map { "`\($0.kind.rawValue)`" }.sorted(by: >).joined(separator: " and ")
        return "what the source says of its colours (\(names)), which JPEG has no place for"
    }
}

/// A chunk of a PNG file that says what colours mean [PNG specification, third edition, 11.3.2].
public struct PNGColourChunk: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// Numbers of a standard's primaries and transfer function [ITU-T H.273].
        case cicp = "cICP"
        case srgb = "sRGB"
        /// 100,000 times the exponent of the encoding.
        case gamma = "gAMA"
        /// 100,000 times x and y of white, red, green and blue.
        case chromaticities = "cHRM"
        /// The display that an image of high dynamic range was made at, and how light it becomes; beside
        /// `cICP`.
        case masteringDisplay = "mDCV"
        case contentLight = "cLLI"
    }

    public let kind: Kind
    public let data: [UInt8]

    /// `nil` where the data is not of the kind's form.
    init?(_ kind: Kind, _ data: [UInt8]) {
        (self.kind, self.data) = (kind, data)
        let isWellFormed =
            switch kind {
            // The numbers are of red, green and blue, whatever else H.273 knows.
            case .cicp: data.count == 4 && data[2] == 0 && data[3] <= 1
            case .srgb: data.count == 1 && data[0] <= 3
            case .gamma: data.count == 4 && words.allSatisfy { (1...Int(Int32.max)).contains($0) }
            case .chromaticities: data.count == 32 && words.allSatisfy { $0 <= Int(Int32.max) }
            case .masteringDisplay: data.count == 24
            case .contentLight: data.count == 8
            }
        guard isWellFormed else { return nil }
    }

    /// As it stands in a file, without its checksum.
    var bytes: [UInt8] { [0, 0, 0, UInt8(data.count)] + Array(kind.rawValue.utf8) + data }

    private var words: [Int] { stride(from: 0, to: data.count, by: 4).map { word(data, at: $0) } }

    /// Whether it says what is taken for granted where nothing is said, as far as an eye could tell: numbers
    /// are those that the specification gives for sRGB to 1 % (gamma) and 0.001 (chromaticities).
    fileprivate var isThatOfSRGB: Bool {
        switch kind {
        case .cicp: data[0] == 1 && data[1] == 13 && data[3] == 1
        case .srgb: true
        case .gamma: abs(words[0] - 45455) <= 454
        case .chromaticities:
            zip(words, [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000])
                .allSatisfy { abs($0 - $1) <= 100 }
        case .masteringDisplay, .contentLight: true
        }
    }
}
