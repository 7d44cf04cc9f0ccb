import Diagnostics
import Evaluation
import Files
import Graph
import ImageFolders
import Images
import Language
import Machine
import OrderedCollections
import Tracing
import Workbench

/// Images: read, joined, restored, compared.
package enum ImageFunctions {
    /// Which definitions of the metrics to use, for every function that measures by them.
    package static let metricsParameters: [Builtin.Parameter] =
        .choosing("psnr_profile", PSNRProfile.eightBit) + .choosing("ssim_profile", SSIMProfile.gaussian)
        + .choosing("protocol", ScoringProtocol.plain)

    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "image", .images, [.required("path", .path(.reads))],
                """
                The image in a PNG or JPEG file, grey or colour, turned as a camera noted in it. Transparency is left out.
                """, examples: ["image(\"experiments/photographs/chelsea.png\")"],
                .init(effect: .reads, runsInPlans: true))
        ) { workbench, arguments throws(Diagnostic) in
            let path = try arguments.text("path")
            if workbench.isYetToBeWritten(path) { return .pending }
            let image = try arguments.blaming("path") { () throws(Diagnostic) in try readImageFile(path) }
            workbench.mode.plan?.add(
                "image", [("sha256", try sha256(ofFile: path, stop: workbench.configuration.stop))])
            return .foreign(image.image)
        },
        Function(
            Builtin(
                "beside", .images, [.rest("image", .anything("images"))],
                "Images of equal height in one, from left to right, four white pixels between them.",
                examples: ["beside(pair(scenes(1, size = 32)).blurred, pair(scenes(1, size = 32)).sharp)"])
        ) { _, arguments throws(Diagnostic) in
            var images: [Image] = []
            for argument in arguments.rest {
                guard let image = argument.value.as(Image.self) else {
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
            return .foreign(Image.row(images, gap: 4))
        },
        Function(
            Builtin(
                "deblur", .images,
                [
                    .required("model", .model), .required("image", .either([.image, .path(.reads)])),
                    .derived("to", .path(.writes), "none").about("a file; of a folder of images, a folder"),
                    .derived("memory", .text, "half of what is free").about("such as \"2 GB\""),
                    .standard("format", .choice(FolderFormat.self), .text(FolderFormat.png.rawValue)).about(
                        "of files written to a folder"),
                ] + qualityParameters,
                """
                The image as the model restores it, of the same size. `image` is an image, the path of an image file or, with \
                `to`, the path of a folder of such files. With `to`, files are written, and a record tells how many. What is \
                larger than `memory` goes through the network in tiles that overlap; where the overlap cannot hold the \
                network's receptive-field margin, or the network takes statistics over the whole image, the difference at the \
                seams is measured and said. A folder goes on where it stopped.
                """,
                examples: [
                    "model = load(\"sharp.safetensors\")\ndeblur(model, pair(scenes(1, size = 32)).blurred)",
                    "deblur(load(\"sharp.safetensors\"), \"photos/\", to = \"restored/\", memory = \"1 GB\").restored  # 2",
                ], .init(effect: .computes)),
            plan: { workbench, arguments throws(Diagnostic) in try workbench.planDeblurring(arguments) }
        ) { workbench, arguments throws(Diagnostic) in
            try workbench.deblur(arguments)
        },
        Function(
            Builtin(
                "compare", .images,
                [
                    .required("a", .either([.image, .path(.reads)])),
                    .required("b", .either([.image, .path(.reads)])),
                ]
                    + metricsParameters + [
                        .standard("each", .boolean, .boolean(false)).about("a record for each image")
                    ],
                """
                How alike two images are, two files, or the images of equal names in two folders: a record of the means \
                `psnr` (dB) and `ssim`, the number of `images`, how many pairs are `identical` (and left out of the mean \
                PSNR, which would be infinite), how many are `unscored` (too small for SSIM's window, of unequal sizes or \
                unreadable: named, and left out of both means) and the profiles.
                """,
                examples: [
                    "compare(\"sharp/\", \"reference/\").images  # 2",
                    "compare(pair(scenes(1, size = 32)).blurred, pair(scenes(1, size = 32)).sharp, ssim_profile = \"matlab3d\")",
                ], .init(effect: .computes)),
            plan: { workbench, arguments throws(Diagnostic) in try workbench.planComparison(arguments) }
        ) { workbench, arguments throws(Diagnostic) in
            let compared = try workbench.compare(arguments)
            guard try arguments.boolean("each") else { return .record(compared.fields) }
            return .list(
                List(
                    compared.images.map { image in
                        .record([
                            "name": .text(image.name), "psnr": .number(image.psnr),
                            "ssim": .number(image.ssim),
                        ])
                    }))
        },
    ]

    /// How an image file is written, for every function that writes one.
    package static let qualityParameters: [Builtin.Parameter] = [
        .derived("quality", .whole(ImageQuality.jpegRange), "95 for JPEG"),
        .derived("bits", .wholeOf([8, 16]), "8 for PNG"),
    ]
}

extension Arguments {
    package func metrics() throws(Diagnostic) -> Metrics {
        let scoring = try choice("protocol", ScoringProtocol.self)
        if scoring.ownScores != nil {
            try refuse(["psnr_profile", "ssim_profile"], because: "for the protocol \"plain\"")
        }
        return Metrics(
            psnr: try choice("psnr_profile", PSNRProfile.self),
            ssim: try choice("ssim_profile", SSIMProfile.self), scoring: scoring)
    }

    /// How the file at `path` is to be written.
    /// - Parameters:
    ///   - name: the argument that gives the path.
    ///   - bits: of a PNG file where the call does not say.
    /// - Throws: `unknown-format` for an ending that names no format; `wrong-format` for a setting of another
    ///   one.
    package func imageQuality(for path: String, path name: String, bits: Int = 8) throws(Diagnostic)
        -> ImageQuality
    {
        guard let format = ImageFormat(ofFile: path) else {
            throw .unknownFormat(path).located(at: span(of: name))
        }
        var result = ImageQuality(bits: format == .png ? bits : 8)
        for (setting, owner) in [("quality", ImageFormat.jpeg), ("bits", .png)] {
            guard optional(setting) != nil, owner != format else { continue }
            throw .settingOfAnotherFormat(setting, owner: owner, path: path, at: span(of: setting))
        }
        if let quality = try given("quality", whole) { result.jpeg = quality }
        if let bits = try given("bits", whole) { result.bits = bits }
        return result
    }
}

extension Workbench {
    fileprivate func planComparison(_ arguments: Arguments) throws(Diagnostic) -> Value {
        let metrics = try arguments.metrics()
        switch try arguments.compared() {
        case .images: mode.plan?.add("compare", metrics.recipeLines)
        case .paths(let path, let reference): try planComparison(path, reference, metrics)
        }
        return .pending
    }

    private func planComparison(_ path: String, _ reference: String, _ metrics: Metrics) throws(Diagnostic) {
        guard let plan = mode.plan else { return }
        let pairs = try ImagePairs(path, reference).pairs
        let digests = try concurrentMap(pairs.count, stop: configuration.stop) {
            [stop = configuration.stop] (index) throws(Diagnostic) in
            try
                "\(sha256(ofFile: pairs[index].left, stop: stop)) \(sha256(ofFile: pairs[index].right, stop: stop))"
        }
        plan.add(
            "compare", [("files", shortDigest(digests.joined(separator: "\n")))] + metrics.recipeLines)
    }

    fileprivate func compare(_ arguments: Arguments) throws(Diagnostic) -> Scores {
        let metrics = try arguments.metrics()
        let compared = try arguments.compared()
        mode.recorder?.note(metrics: metrics.names)
        switch compared {
        case .images(let image, let reference):
            let score = try compareImages(image, with: reference, named: "image", metrics: metrics)
            return Scores([score], metrics: metrics)
        case .paths(let path, let reference):
            let compared = try compareImages(
                path, with: reference, metrics: metrics, stop: configuration.stop)
            frontEnd.notice(compared.unscored)
            return compared
        }
    }
}

/// What `compare` compares.
private enum Compared {
    case images(Image, Image)
    case paths(String, String)
}

extension Arguments {
    fileprivate func compared() throws(Diagnostic) -> Compared {
        let (left, right) = (try value("a"), try value("b"))
        if let image = left.as(Image.self), let reference = right.as(Image.self) {
            return .images(image, reference)
        }
        if case (.text(let path), .text(let reference)) = (left, right) { return .paths(path, reference) }
        let kind = left.as(Image.self) == nil ? "a path, as `a` is" : "an image, as `a` is"
        throw .wrongKind("`b` of `compare`", wanted: kind, got: right, at: span(of: "b"))
    }
}

extension Metrics {
    /// Lines for the recipe of a row. The PSNR profile that every row had before there was a choice is left
    /// out, so that old recipes stay the same.
    package var recipeLines: [(key: String, value: String)] {
        if scoring.ownScores != nil { return [(key: "protocol", value: scoring.name)] }
        let profile = [(key: "ssim_profile", value: ssim.name)]
        return psnr == .eightBit ? profile : profile + [("psnr_profile", psnr.name)]
    }

    /// Adds the names of both profiles to a record of scores.
    package func add(to fields: inout OrderedDictionary<String, Value>) {
        fields["psnr_profile"] = .text(profiles.psnr)
        fields["ssim_profile"] = .text(profiles.ssim)
    }
}

extension Scores {
    fileprivate var fields: OrderedDictionary<String, Value> {
        var fields: OrderedDictionary<String, Value> = [
            "psnr": .number(psnr), "ssim": .number(ssim), "images": .number(Double(images.count)),
            "identical": .number(Double(identical)), "unscored": .number(Double(unscored.count)),
        ]
        metrics.add(to: &fields)
        return fields
    }
}

extension Diagnostic {
    package static func unequalHeights(_ first: Int, _ second: Int, at span: Span) -> Diagnostic {
        Diagnostic(
            "shape-clash", "images of \(first) and \(second) pixels' height cannot stand side by side",
            at: span)
    }

    package static func settingOfAnotherFormat(
        _ setting: String, owner: ImageFormat, path: String, at span: Span
    ) -> Diagnostic {
        Diagnostic(
            "wrong-format", "`\(setting)` is for \(owner.rawValue) files, and \"\(path)\" is not one",
            at: span,
            hint: "leave it out, or let the path end with .\(owner.endings[0])")
    }
}
