import Data
import Diagnostics
import Images

extension Builtin {
    /// Arguments that say how blur is made, which `scenes` and `photos` have in common.
    private static let exposureParameters: [Parameter] = [
        .standard("seed", "a whole number", .number(1)),
        .derived("height", "a whole number", "size"), .derived("width", "a whole number", "size"),
        .standard("motion", "a number of pixels", .number(Exposure().motion)),
        .standard("objects", "a whole number", .number(Double(Exposure().objects))),
        .standard("frames", "a range of whole numbers", .range(7, 13)),
        .standard("noise", "a number", .number(0)),
    ]

    static let data: [Builtin] = [
        Builtin(
            "scenes", .data,
            [.required("count", "a whole number"), .standard("size", "a whole number", .number(96))]
                + exposureParameters,
            """
            Dynamic scenes made on the spot: layered pictures with the statistics of natural images, a moving camera \
            and `objects` that move on their own, by up to `motion` pixels during the exposure. Each blurred image \
            is the mean of `frames` sharp ones in linear light, the middle one is the target. `noise`: standard \
            deviation of noise added to the blurred image, in levels of 255.
            """,
            examples: ["scenes(4, size = 32, seed = 2)"]
        ) { _, arguments throws(Diagnostic) in
            let (count, width, height, seed) = try pictureArguments(arguments)
            return .dataset(
                try Scenes(
                    count: count, width: width, height: height, seed: seed, exposure: exposure(arguments)))
        },
        Builtin(
            "photos", .data,
            [
                .required("folder", "a path"), .required("count", "a whole number"),
                .standard("size", "a whole number", .number(96)),
            ] + exposureParameters,
            """
            The same motion over photographs: the camera moves over the PNG pictures of `folder`, and objects cut from \
            them move before it, so that every pixel is real. Arguments as for `scenes`.
            """,
            examples: ["photos(\"experiments/photographs\", 4, size = 32)"]
        ) { _, arguments throws(Diagnostic) in
            let (count, width, height, seed) = try pictureArguments(arguments)
            return .dataset(
                try Photos(
                    folder: arguments.text("folder"), count: count, width: width, height: height, seed: seed,
                    exposure: exposure(arguments)))
        },
        Builtin(
            "pairs", .data,
            [
                .required("path", "a path"), .derived("split", "a text", "none"),
                .standard("blur", "\"linear\" or \"gamma\"", .text("linear")),
            ],
            """
            Pairs of PNG pictures in a folder: the GoPro layout \
            (`split`/SEQUENCE/{blur,blur_gamma,sharp}/NNNNNN.png), or flat {blur,sharp}/ or {input,target}/. \
            `blur`: "linear" reads `blur`, "gamma" reads `blur_gamma`.
            """,
            examples: [
                "function gopro() { return pairs(\"GOPRO_Large\", split = \"train\", blur = \"gamma\") }"
            ]
        ) { _, arguments throws(Diagnostic) in
            .dataset(
                try PairedFolder(
                    arguments.text("path"),
                    split: arguments.optional("split") == nil ? nil : arguments.text("split"),
                    blur: arguments.choice("blur", Blur.self)))
        },
        Builtin(
            "pair", .data,
            [.required("data", "a dataset"), .standard("number", "a whole number", .number(1))],
            "One pair of a dataset, numbered from 1: a record of `blurred`, `sharp` (images) and `name`.",
            examples: ["pair(scenes(2, size = 32), 2).name"]
        ) { _, arguments throws(Diagnostic) in
            let data = try arguments.dataset("data")
            let number = try arguments.whole("number", 1...max(1, data.count))
            let pair = try data.pair(at: number - 1)
            return .record([
                "name": .text(pair.name), "blurred": .image(pair.blurred), "sharp": .image(pair.sharp),
            ])
        },
        Builtin(
            "beside", .data, [.rest("image", "images")],
            "Images of equal height in one, from left to right, four white pixels between them.",
            examples: ["beside(pair(scenes(1, size = 32)).blurred, pair(scenes(1, size = 32)).sharp)"]
        ) { _, arguments throws(Diagnostic) in
            var images: [Image] = []
            for argument in arguments.rest {
                guard case .image(let image) = argument.value else {
                    throw .wrongKind(
                        "what `beside` puts side by side", wanted: "images", got: argument.value,
                        at: argument.span)
                }
                if let first = images.first, first.height != image.height {
                    throw .unequalHeights(first.height, image.height, at: argument.span)
                }
                images.append(image)
            }
            guard !images.isEmpty else {
                throw .missingArgument("image", of: "beside", at: arguments.span, declared: nil)
            }
            return .image(Image.row(images, gap: 4))
        },
        Builtin(
            "save", .data, [.required("what", "an image or a model"), .required("to", "a path")],
            """
            Writes an image as an 8-bit PNG file, or a model as a safetensors file with its network, its training and \
            where it comes from; whole or not at all.
            """,
            examples: [
                "function keep(x) { save(x, to = \"results/x.png\") }",
                "function keep(model) { save(model, to = \"x.safetensors\") }",
            ]
        ) { session, arguments throws(Diagnostic) in
            let (value, path) = (try arguments.value("what"), try arguments.text("to"))
            switch value {
            case .image(let image):
                guard path.lowercased().hasSuffix(".png") else {
                    throw .notAPNGPath(path, at: arguments.span(of: "to"))
                }
                if !session.isRehearsal { try writePNG(image, to: path) }
            case .model(let model): try session.save(model, to: path, at: arguments.span(of: "to"))
            case .nothing, .number, .text, .boolean, .list, .range, .record, .callable, .network, .sharing,
                .dataset, .table, .feature, .pending:
                throw arguments.wrong("what", value)
            }
            return .nothing
        },
    ]

    private static func pictureArguments(
        _ arguments: Arguments
    ) throws(Diagnostic) -> (count: Int, width: Int, height: Int, seed: Int) {
        let size = try arguments.whole("size", 1...16384)
        return (
            try arguments.whole("count", 1...10_000_000),
            arguments.optional("width") == nil ? size : try arguments.whole("width", 1...16384),
            arguments.optional("height") == nil ? size : try arguments.whole("height", 1...16384),
            try arguments.whole("seed", 0...1 << 53)
        )
    }

    private static func exposure(_ arguments: Arguments) throws(Diagnostic) -> Exposure {
        let frames = try arguments.value("frames")
        let range: ClosedRange<Int>
        switch frames {
        case .range(let low, let high) where low <= high: range = low...high
        case .number(let number) where number == number.rounded() && abs(number) < 1e6:
            range = Int(number)...Int(number)
        case .range, .number, .nothing, .text, .boolean, .list, .record, .callable, .network, .sharing,
            .dataset,
            .model, .table, .image, .feature, .pending:
            throw arguments.wrong("frames", frames)
        }
        return Exposure(
            motion: try arguments.number("motion"), objects: try arguments.whole("objects", 0...1000),
            frames: range,
            noise: try arguments.number("noise"))
    }
}

extension Image {
    /// Images of equal height from left to right on white; in colour if any of them is.
    public static func row(_ images: [Image], gap: Int) -> Image {
        let isColour = images.contains { $0.channels == 3 }
        let parts = isColour ? images.map(\.colour) : images
        let width = parts.reduce(gap * (parts.count - 1)) { $0 + $1.width }
        let channels = isColour ? 3 : 1
        var pixels: [Float] = []
        pixels.reserveCapacity(width * parts[0].height * channels)
        for y in 0..<parts[0].height {
            for (index, part) in parts.enumerated() {
                if index > 0 { pixels += repeatElement(1, count: gap * channels) }
                let start = y * part.width * channels
                pixels += part.pixels[start..<start + part.width * channels]
            }
        }
        return Image(width: width, height: parts[0].height, channels: channels, pixels: pixels)
    }
}

extension Diagnostic {
    static func unequalHeights(_ first: Int, _ second: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "shape-clash", "images of \(first) and \(second) pixels' height cannot stand side by side",
            at: span)
    }

    static func notAPNGPath(_ path: String, at span: Span) -> Diagnostic {
        Diagnostic(
            "unknown-format", "images are written as PNG, and \"\(path)\" does not end with .png", at: span,
            hint: "write to = \"….png\"")
    }
}
