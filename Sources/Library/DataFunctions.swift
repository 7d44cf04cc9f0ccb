import Diagnostics
import Files
import Graph
import Images
import Language
import PairedData
import SyntheticBlur
import Tracing
import Workbench

/// Data sets, and images of them.
package enum DataFunctions {
    /// Arguments that say how blur is made, which `scenes` and `photos` have in common.
    private static let exposureParameters: [Builtin.Parameter] = [
        .standard("seed", .whole(0...1 << 53), .number(1)).about("another seed, other images and motions"),
        .derived("height", .whole(DatasetLimits.side), "size"),
        .derived("width", .whole(DatasetLimits.side), "size"),
        .standard("motion", .numberOf("pixels"), .number(MotionBlurSettings().motion)).about(
            "the most that anything moves while the shutter is open"),
        .standard(
            "objects", .whole(MotionBlurSettings.objectLimits), .number(Double(MotionBlurSettings().objects))
        ).about(
            "that move on their own"),
        .standard("frames", .range, .range(7, 13)).about(
            "sharp frames that a blurred image is the mean of"),
        .standard("noise", .number, .number(0)).about(
            "standard deviation of noise on the blurred image, in levels of 255"),
        .standard("shake", .number, .number(MotionBlurSettings().shake)).about(
            "how far the camera moves: 1 as a hand holds it, 0 as a fixed one"),
        .standard("smooth", .number, .number(MotionBlurSettings().smooth)).about(
            "the part of each background that is one large smooth area, from 0 to 1"),
    ]

    package static let all: [Function<Workbench>] = [
        Function(
            Builtin(
                "scenes", .data,
                [
                    .required("count", .whole(DatasetLimits.count)).about("of pairs"),
                    .standard("size", .whole(DatasetLimits.side), .number(96)).about("side in pixels"),
                ]
                    + exposureParameters,
                """
                Dynamic scenes made on the spot: layered images with the statistics of natural images, a moving camera \
                and objects that move before it. Each blurred image is the mean of sharp ones in linear light, the middle one \
                is the target.
                """, examples: ["scenes(4, size = 32, seed = 2)"], .init(makes: .dataset))
        ) { _, arguments throws(Diagnostic) in
            let (count, width, height, seed) = try imageArguments(arguments)
            return .dataset(
                try Scenes(
                    count: count, width: width, height: height, seed: seed, exposure: exposure(arguments)))
        },
        Function(
            Builtin(
                "photos", .data,
                [
                    .required("folder", .path(.reads)),
                    .required("count", .whole(DatasetLimits.count)).about("of pairs"),
                    .standard("size", .whole(DatasetLimits.side), .number(96)).about("side in pixels"),
                ] + exposureParameters,
                """
                The same motion over photographs: the camera moves over the PNG and JPEG images of `folder`, and objects cut from \
                them move before it, so that every pixel is real. Photographs too small for `size` and `motion` are left out.
                """, examples: ["photos(\"experiments/photographs\", 4, size = 32)"],
                .init(effect: .reads, makes: .dataset, runsInPlans: true))
        ) { _, arguments throws(Diagnostic) in
            let (count, width, height, seed) = try imageArguments(arguments)
            let exposure = try exposure(arguments)
            return .dataset(
                try arguments.blaming("folder") { () throws(Diagnostic) in
                    try Photos(
                        folder: arguments.text("folder"), count: count, width: width, height: height,
                        seed: seed, exposure: exposure)
                })
        },
        Function(
            Builtin(
                "pairs", .data,
                [
                    .required("path", .path(.reads)),
                    .derived("split", .text, "none").about("\"train\", \"test\" or what the set has"),
                    .derived("list", .path(.reads), "none").about(
                        "a text file of pairs, in `path`, beside it or by its path: a line holds the sharp image and "
                            + "then the blurred one"),
                    .standard("blur", .choice(Blur.self), .text(Blur.linear.rawValue)).about(
                        "reads `blur`, `blur_gamma`, or `blur_jpeg` (of REDS)"),
                    .derived("memory", .text, "a quarter of what is free").about(
                        "for decoded pairs, such as \"12 GB\""),
                    .derived("disk", .text, "a quarter of what is free").about(
                        "for those that do not fit, in ~/.cache/acuity while the program runs; \"none\" for no file"
                    ),
                ],
                """
                Pairs of PNG or JPEG images in a folder: the GoPro layout \
                (`split`/SEQUENCE/{blur,blur_gamma,sharp}/NNNNNN.png), or flat {blur,sharp}/ or {input,target}/; or RealBlur, \
                RSBlur, HIDE, REDS or BSD as published, each known by its folders and divided by them or by its list files. \
                Pairs are decoded once and kept; those that fit neither `memory` nor `disk` are decoded each time, as far as the \
                patch reaches. What is trained does not depend on either.
                """,
                examples: [
                    "gopro = pairs(\"GOPRO_Large\", split = \"train\", blur = \"gamma\")"
                ], .init(effect: .reads, makes: .dataset, runsInPlans: true))
        ) { _, arguments throws(Diagnostic) in
            let free = MemorySize.free.bytes
            let memory =
                try arguments.given("memory", arguments.memory)?.bytes
                ?? max(free / 4, min(free / 2, 1 << 30))
            let disk = try arguments.given("disk", arguments.disk) ?? CacheFolder.freeBytes / 4
            let list = try arguments.given("list", arguments.text)
            if list != nil { try arguments.refuse(["split", "blur"], because: "for sets without a `list`") }
            return .dataset(
                try arguments.blaming(list == nil ? "path" : "list") { () throws(Diagnostic) in
                    try PairedFolder(
                        arguments.text("path"),
                        split: try arguments.given("split", arguments.text), list: list,
                        blur: arguments.choice("blur", Blur.self),
                        room: DecodedRoom(memory: memory, disk: disk))
                })
        },
        Function(
            Builtin(
                "pair", .data,
                [
                    .required("data", .dataset),
                    .standard("number", .whole(1...DatasetLimits.count.upperBound), .number(1)),
                ],
                "One pair of a dataset, numbered from 1: a record of `blurred`, `sharp` (images) and `name`.",
                examples: [
                    "pair(scenes(2, size = 32), 2).name  # scene-2"
                ], .init(effect: .reads, runsInPlans: true))
        ) { _, arguments throws(Diagnostic) in
            let data = try arguments.dataset("data")
            let number = try arguments.whole("number", 1...max(1, data.count))
            let pair = try data.pair(at: number - 1)
            return .record([
                "name": .text(pair.name), "blurred": .foreign(pair.blurred), "sharp": .foreign(pair.sharp),
            ])
        },
        Function(
            Builtin(
                "split", .data,
                [
                    .required("data", .dataset),
                    .required("share", .number).about("of the pairs, for the first part"),
                    .standard("seed", .whole(0...1 << 53), .number(0)).about("another seed, other parts"),
                    .standard("by", .choice(["pair", "folder"]), .text("pair")).about([
                        ("\"pair\"", "each pair by itself"),
                        (
                            "\"folder\"",
                            "pairs of one folder, such as the frames of a sequence, stay together"
                        ),
                    ]),
                ],
                """
                Divides a dataset at random: a list of two datasets, the first with `share` of the pairs and the second with \
                the others, each in the order that the pairs had. To validate on images that are not trained on.
                """,
                examples: [
                    "parts = split(scenes(10, size = 32), 0.8)\ncount(parts[1])  # 8\ncount(parts[2])  # 2"
                ])
        ) { _, arguments throws(Diagnostic) in
            let share = try arguments.number("share")
            guard share > 0, share < 1 else {
                throw .outOfRange(
                    "`share` of `split`", wanted: "above 0 and below 1", got: share,
                    at: arguments.span(of: "share"))
            }
            let parts = try arguments.dataset("data").split(
                share, seed: arguments.whole("seed"), keepsFolders: arguments.text("by") == "folder")
            return .list(List([.dataset(parts.first), .dataset(parts.second)]))
        },
        Function(
            Builtin(
                "save", .images,
                [.required("what", .either([.image, .model])), .required("to", .path(.writes))]
                    + ImageFunctions.qualityParameters
                    + [.standard("state", .boolean, .boolean(false))],
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
                ], .init(effect: .writes)),
            plan: { _, arguments throws(Diagnostic) in
                try checkSaving(arguments)
                return .nothing
            }
        ) { workbench, arguments throws(Diagnostic) in
            try checkSaving(arguments)
            let path = try arguments.text("to")
            if let image = try arguments.value("what").as(Image.self) {
                try writeImage(image, to: path, quality: imageQuality(arguments))
            } else {
                try workbench.save(
                    arguments.model("what"), to: path, keepsState: arguments.boolean("state"),
                    at: arguments.span(of: "to"))
            }
            return .nothing
        },
    ]

    /// How `save` writes an image; nothing for a model, whose path is checked.
    private static func checkSaving(_ arguments: Arguments) throws(Diagnostic) {
        guard try arguments.value("what").as(Image.self) == nil else {
            _ = try imageQuality(arguments)
            return
        }
        try arguments.refuse(["quality", "bits"], because: "for images")
        try Workbench.checkModelPath(arguments.text("to"), at: arguments.span(of: "to"))
    }

    private static func imageQuality(_ arguments: Arguments) throws(Diagnostic) -> ImageQuality {
        try arguments.refuse(["state"], because: "for models")
        return try arguments.imageQuality(for: arguments.text("to"), path: "to")
    }

    private static func imageArguments(
        _ arguments: Arguments
    ) throws(Diagnostic) -> (count: Int, width: Int, height: Int, seed: Int) {
        let size = try arguments.whole("size")
        return (
            try arguments.whole("count"),
            try arguments.given("width", arguments.whole) ?? size,
            try arguments.given("height", arguments.whole) ?? size,
            try arguments.whole("seed")
        )
    }

    private static func exposure(_ arguments: Arguments) throws(Diagnostic) -> MotionBlurSettings {
        return MotionBlurSettings(
            motion: try arguments.number("motion"),
            objects: try arguments.whole("objects"),
            frames: try arguments.range("frames"),
            noise: try arguments.number("noise"), shake: try arguments.number("shake"),
            smooth: try arguments.number("smooth"))
    }
}
