import Diagnostics
import Experiments
import Files
import Images
import PairedData
import SyntheticBlur
import Training

extension Builtin {
    /// Arguments that say how blur is made, which `scenes` and `photos` have in common.
    private static let exposureParameters: [Parameter] = [
        .standard("seed", "a whole number", .number(1)).about("another seed, other pictures and motions"),
        .derived("height", "a whole number", "size"), .derived("width", "a whole number", "size"),
        .standard("motion", "a number of pixels", .number(Exposure().motion)).about(
            "the most that anything moves while the shutter is open"),
        .standard("objects", "a whole number", .number(Double(Exposure().objects))).about(
            "that move on their own"),
        .standard("frames", "a range of whole numbers", .range(7, 13)).about(
            "sharp frames that a blurred image is the mean of"),
        .standard("noise", "a number", .number(0)).about(
            "standard deviation of noise on the blurred image, in levels of 255"),
        .standard("shake", "a number", .number(Exposure().shake)).about(
            "how far the camera moves: 1 as a hand holds it, 0 as a fixed one"),
        .standard("smooth", "a number", .number(Exposure().smooth)).about(
            "the part of each background that is one large smooth area, from 0 to 1"),
    ]

    static let data: [Builtin] = [
        Builtin(
            "scenes", .data,
            [
                .required("count", "a whole number").about("of pairs"),
                .standard("size", "a whole number", .number(96)).about("side in pixels"),
            ]
                + exposureParameters,
            """
            Dynamic scenes made on the spot: layered pictures with the statistics of natural images, a moving camera \
            and objects that move before it. Each blurred image is the mean of sharp ones in linear light, the middle one \
            is the target.
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
                .required("folder", "a path"), .required("count", "a whole number").about("of pairs"),
                .standard("size", "a whole number", .number(96)).about("side in pixels"),
            ] + exposureParameters,
            """
            The same motion over photographs: the camera moves over the PNG and JPEG pictures of `folder`, and objects cut from \
            them move before it, so that every pixel is real. Photographs too small for `size` and `motion` are left out.
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
                .required("path", "a path"),
                .derived("split", "a text", "none").about("\"train\", \"test\" or what the set has"),
                .derived("list", "a path", "none").about(
                    "a text file of pairs, in `path`, beside it or by its path: a line holds the sharp picture and "
                        + "then the blurred one"),
                .standard("blur", "\"linear\", \"gamma\" or \"jpeg\"", .text("linear")).about(
                    "reads `blur`, `blur_gamma`, or `blur_jpeg` (of REDS)"),
                .derived("memory", "a text", "a quarter of what is free").about(
                    "for decoded pairs, such as \"12 GB\""),
                .derived("disk", "a text", "a quarter of what is free").about(
                    "for those that do not fit, in ~/.cache/acuity while the program runs; \"none\" for no file"
                ),
            ],
            """
            Pairs of PNG or JPEG pictures in a folder: the GoPro layout \
            (`split`/SEQUENCE/{blur,blur_gamma,sharp}/NNNNNN.png), or flat {blur,sharp}/ or {input,target}/; or RealBlur, \
            RSBlur, HIDE, REDS or BSD as published, each known by its folders and divided by them or by its list files. \
            Pairs are decoded once and kept; those that fit neither `memory` nor `disk` are decoded each time, as far as the \
            patch reaches. What is trained does not depend on either.
            """,
            examples: [
                "gopro = pairs(\"GOPRO_Large\", split = \"train\", blur = \"gamma\")"
            ]
        ) { _, arguments throws(Diagnostic) in
            let free = MemorySize.free.bytes
            let memory =
                arguments.optional("memory") == nil
                ? max(free / 4, min(free / 2, 1 << 30)) : try arguments.memory("memory").bytes
            let disk =
                arguments.optional("disk") == nil
                ? CacheFolder.freeBytes / 4 : try arguments.disk("disk")
            let list = try arguments.given("list", arguments.text)
            if list != nil { try arguments.refuse(["split", "blur"], because: "for sets without a `list`") }
            return .dataset(
                try PairedFolder(
                    arguments.text("path"),
                    split: try arguments.given("split", arguments.text), list: list,
                    blur: arguments.choice("blur", Blur.self), memory: memory, disk: disk))
        },
        Builtin(
            "pair", .data,
            [.required("data", "a dataset"), .standard("number", "a whole number", .number(1))],
            "One pair of a dataset, numbered from 1: a record of `blurred`, `sharp` (images) and `name`.",
            examples: [
                "pair(scenes(2, size = 32), 2).name  # scene-2"
            ]
        ) { _, arguments throws(Diagnostic) in
            let data = try arguments.dataset("data")
            let number = try arguments.whole("number", 1...max(1, data.count))
            let pair = try data.pair(at: number - 1)
            return .record([
                "name": .text(pair.name), "blurred": .image(pair.blurred), "sharp": .image(pair.sharp),
            ])
        },
        Builtin(
            "save", .pictures,
            [.required("what", "an image or a model"), .required("to", "a path")] + qualityParameters
                + [.standard("state", "true or false", .boolean(false))],
            """
            Writes an image to a file, whole or not at all: PNG of 8 or 16 `bits` a sample, or JPEG of a `quality` from \
            1 to 100, as the path's ending says. Or a model, as a safetensors file with its network, its training and \
            where it comes from; with the `state` of its training, three times as large, `resume` can go on with it once it \
            is loaded again (of a training that was stopped, the state is always kept). `write` writes tables.
            """,
            examples: [
                "one = pair(scenes(1, size = 32))\nsave(one.sharp, to = \"sharp.png\")\ncompare(one.sharp, image(\"sharp.png\")).identical  # 1",
                "save(pair(scenes(1, size = 32)).blurred, to = \"blurred.jpg\", quality = 80)",
                "model = load(\"sharp.safetensors\")\nsave(model, to = \"copy.safetensors\")",
            ]
        ) { session, arguments throws(Diagnostic) in
            let (value, path) = (try arguments.value("what"), try arguments.text("to"))
            switch value {
            case .image(let image):
                try arguments.refuse(["state"], because: "for models")
                let quality = try arguments.pictureQuality(for: path, path: "to")
                if session.writesFiles { try writePicture(image, to: path, quality: quality) }
            case .model(let model):
                try arguments.refuse(["quality", "bits"], because: "for images")
                try session.save(
                    model, to: path, keepsState: arguments.boolean("state"), at: arguments.span(of: "to"))
            case .table:
                throw arguments.wrong("what", value, hint: "`write` writes tables")
            case .nothing, .number, .text, .boolean, .list, .range, .record, .callable, .network, .sharing,
                .dataset, .feature, .pending:
                throw arguments.wrong("what", value)
            }
            return .nothing
        },
    ]

    private static func pictureArguments(
        _ arguments: Arguments
    ) throws(Diagnostic) -> (count: Int, width: Int, height: Int, seed: Int) {
        let size = try arguments.whole("size", DatasetLimits.side)
        return (
            try arguments.whole("count", DatasetLimits.count),
            arguments.optional("width") == nil ? size : try arguments.whole("width", DatasetLimits.side),
            arguments.optional("height") == nil ? size : try arguments.whole("height", DatasetLimits.side),
            try arguments.whole("seed", 0...1 << 53)
        )
    }

    private static func exposure(_ arguments: Arguments) throws(Diagnostic) -> Exposure {
        return Exposure(
            motion: try arguments.number("motion"),
            objects: try arguments.whole("objects", Exposure.objectLimits),
            frames: try arguments.range("frames"),
            noise: try arguments.number("noise"), shake: try arguments.number("shake"),
            smooth: try arguments.number("smooth"))
    }
}
