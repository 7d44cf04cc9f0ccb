import Diagnostics
import Evaluation
import Files
import Images
import Machine
import OrderedCollections
import PictureFolders

extension Builtin {
    /// Which definitions of the metrics to use, for every function that measures by them.
    static let metricsParameters: [Parameter] = [
        .standard("psnr_profile", "\"8bit\" or \"float\"", .text(PSNRProfile.eightBit.rawValue))
            .about("of values rounded to 8 bits, or of values as they are"),
        .standard("ssim_profile", "\"gaussian\" or \"matlab3d\"", .text(SSIMProfile.gaussian.rawValue))
            .about(
                "Wang et al. 2004, each channel by itself; or MATLAB's `ssim` of a colour picture as a volume"
            ),
        .standard("protocol", "\"plain\" or \"realblur\"", .text(ScoringProtocol.plain.rawValue))
            .about(
                "as results on RealBlur are published: made as bright as the reference, aligned with it by a "
                    + "homography, scored where both overlap, with profiles of its own"),
    ]

    static let pictures: [Builtin] = [
        Builtin(
            "image", .pictures, [.required("path", "a path")],
            """
            The picture in a PNG or JPEG file, grey or colour, turned as a camera noted in it. Transparency is left out.
            """,
            examples: ["image(\"experiments/photographs/chelsea.png\")"]
        ) { session, arguments throws(Diagnostic) in
            let path = try arguments.text("path")
            if session.isYetToBeWritten(path) { return .pending }
            let picture = try readPicture(path)
            session.plan?.add("image", [("sha256", try fileDigest(path))])
            return .image(picture.image)
        },
        Builtin(
            "beside", .pictures, [.rest("image", "images")],
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
            "deblur", .pictures,
            [
                .required("model", "a model"), .required("image", "an image or a path"),
                .derived("to", "a path", "none").about("a file; of a folder of pictures, a folder"),
                .derived("memory", "a text", "half of what is free").about("such as \"2 GB\""),
                .standard("format", "\"png\" or \"jpg\"", .text("png")).about("of files written to a folder"),
            ] + qualityParameters,
            """
            The image as the model restores it, of the same size. The image is one of the language, a picture's file, or \
            with `to` a folder of them: then files are written, and a record tells how many. What is larger than `memory` goes through the network in tiles that overlap; where the overlap cannot hold \
            the network's reach, the difference at the seams is measured and said. A folder goes on where it stopped.
            """,
            examples: [
                "model = load(\"sharp.safetensors\")\ndeblur(model, pair(scenes(1, size = 32)).blurred)",
                "deblur(load(\"sharp.safetensors\"), \"photos/\", to = \"restored/\", memory = \"1 GB\").restored  # 2",
            ]
        ) { session, arguments throws(Diagnostic) in
            try session.deblur(try arguments.model("model"), arguments)
        },
        Builtin(
            "compare", .pictures,
            [.required("a", "an image or a path"), .required("b", "an image or a path")]
                + metricsParameters + [
                    .standard("each", "true or false", .boolean(false)).about("a record for each picture")
                ],
            """
            How alike two images are, two files, or the pictures of equal names in two folders: a record of the means \
            `psnr` (dB) and `ssim`, the number of `images`, how many pairs are `identical` (and left out of the mean \
            PSNR, which would be infinite), how many are `unscored` (too small for SSIM's window, of unequal sizes or \
            unreadable: named, and left out of both means) and the profiles.
            """,
            examples: [
                "compare(\"sharp/\", \"reference/\").images  # 2",
                "compare(pair(scenes(1, size = 32)).blurred, pair(scenes(1, size = 32)).sharp, ssim_profile = \"matlab3d\")",
            ]
        ) { session, arguments throws(Diagnostic) in
            let compared = try session.compared(arguments)
            guard let compared else { return .pending }
            guard try arguments.boolean("each") else { return .record(compared.fields) }
            return .list(
                List(
                    compared.pictures.map { picture in
                        .record([
                            "name": .text(picture.name), "psnr": .number(picture.psnr),
                            "ssim": .number(picture.ssim),
                        ])
                    }))
        },
    ]

    /// How a picture's file is written, for every function that writes one.
    static let qualityParameters: [Parameter] = [
        .derived("quality", "a whole number", "95 for JPEG"), .derived("bits", "8 or 16", "8 for PNG"),
    ]

    /// The SHA-256 of a file that a row of an experiment depends on.
    static func fileDigest(_ path: String) throws(Diagnostic) -> String {
        sha256(try readFile(path, limit: 1 << 30))
    }
}

extension Arguments {
    func metrics() throws(Diagnostic) -> Metrics {
        let scoring = try choice("protocol", ScoringProtocol.self)
        if scoring == .realblur {
            try refuse(["psnr_profile", "ssim_profile"], because: "for the protocol \"plain\"")
        }
        return Metrics(
            psnr: try choice("psnr_profile", PSNRProfile.self),
            ssim: try choice("ssim_profile", SSIMProfile.self), scoring: scoring)
    }

    /// How the file at `path` is to be written.
    /// - Parameters:
    ///   - name: of the argument that gives the path.
    ///   - bits: where the call does not say and the format has a choice.
    /// - Throws: `unknown-format` for an ending that names no format; `wrong-format` for a setting of another
    ///   one.
    func pictureQuality(for path: String, path name: String, bits: Int = 8) throws(Diagnostic)
        -> PictureQuality
    {
        guard let format = PictureFormat(ofFile: path) else {
            throw .unknownFormat(path).located(at: span(of: name))
        }
        var result = PictureQuality(bits: format == .png ? bits : 8)
        for (setting, owner) in [("quality", PictureFormat.jpeg), ("bits", .png)] {
            guard optional(setting) != nil, owner != format else { continue }
            throw .settingOfAnotherFormat(setting, owner: owner, path: path, at: span(of: setting))
        }
        if optional("quality") != nil { result.jpeg = try whole("quality", PictureQuality.jpegRange) }
        if optional("bits") != nil {
            result.bits = try whole("bits", 8...16)
            guard result.bits == 8 || result.bits == 16 else {
                throw .outOfRange(
                    "`bits` of `\(builtin.name)`", wanted: "8 or 16", got: Double(result.bits),
                    at: span(of: "bits"))
            }
        }
        return result
    }
}

extension Session {
    /// Whether the user has asked to stop, for work on other threads.
    var isStopped: @Sendable () -> Bool {
        let stop = configuration.stop
        return { stop.isRequested }
    }

    /// What `compare` finds; `nil` in a rehearsal.
    fileprivate func compared(_ arguments: Arguments) throws(Diagnostic) -> ComparedPictures? {
        let metrics = try arguments.metrics()
        let (left, right) = (try arguments.value("a"), try arguments.value("b"))
        switch (left, right) {
        case (.image(let image), .image(let reference)):
            if isRehearsal {
                plan?.add("compare", metrics.recipeLines)
                return nil
            }
            try requireComputing()
            self.metrics.formUnion(metrics.names)
            let score = try comparePictures(image, with: reference, named: "image", metrics: metrics)
            return ComparedPictures([score], metrics: metrics)
        case (.text(let path), .text(let reference)):
            if isRehearsal {
                try planComparison(path, reference, metrics)
                return nil
            }
            try requireComputing()
            self.metrics.formUnion(metrics.names)
            let compared = try comparePictures(path, with: reference, metrics: metrics, isStopped: isStopped)
            front.notice(compared.unscored)
            return compared
        case (.image, _), (.text, _):
            let kind = if case .image = left { "an image, as `a` is" } else { "a path, as `a` is" }
            throw .wrongKind("`b` of `compare`", wanted: kind, got: right, at: arguments.span(of: "b"))
        case (
            .nothing, _
        ), (.number, _), (.boolean, _), (.list, _), (.range, _), (.record, _), (.callable, _), (.network, _),
            (.sharing, _), (.dataset, _), (.model, _), (.table, _), (.feature, _), (.pending, _):
            throw arguments.wrong("a", left)
        }
    }

    private func planComparison(_ path: String, _ reference: String, _ metrics: Metrics) throws(Diagnostic) {
        guard let plan else { return }
        let pairs = try PicturePairs(path, reference).pairs
        let digests = try concurrentMap(pairs.count, isStopped: isStopped) { (index) throws(Diagnostic) in
            try "\(Builtin.fileDigest(pairs[index].left)) \(Builtin.fileDigest(pairs[index].right))"
        }
        plan.add(
            "compare", [("files", shortDigest(digests.joined(separator: "\n")))] + metrics.recipeLines)
    }
}

extension Metrics {
    /// For the recipe of a row; what every row had before there was a choice is not said, so that it stays
    /// the same.
    var recipeLines: [(key: String, value: String)] {
        if scoring == .realblur { return [(key: "protocol", value: scoring.rawValue)] }
        let profile = [(key: "ssim_profile", value: ssim.rawValue)]
        return psnr == .eightBit ? profile : profile + [("psnr_profile", psnr.rawValue)]
    }

    /// Names them in a record of scores.
    func add(to fields: inout OrderedDictionary<String, Value>) {
        fields["psnr_profile"] = .text(profiles.psnr)
        fields["ssim_profile"] = .text(profiles.ssim)
    }
}

extension ComparedPictures {
    fileprivate var fields: OrderedDictionary<String, Value> {
        var fields: OrderedDictionary<String, Value> = [
            "psnr": .number(psnr), "ssim": .number(ssim), "images": .number(Double(pictures.count)),
            "identical": .number(Double(identical)), "unscored": .number(Double(unscored.count)),
        ]
        metrics.add(to: &fields)
        return fields
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

    static func settingOfAnotherFormat(
        _ setting: String, owner: PictureFormat, path: String, at span: Span
    ) -> Diagnostic {
        Diagnostic(
            "wrong-format", "`\(setting)` is for \(owner.rawValue) files, and \"\(path)\" is not one",
            at: span,
            hint: "leave it out, or let the path end with .\(owner.endings[0])")
    }
}
