// swift-tools-version: 6.2
import PackageDescription

// Each target may import only what stands below it; `make imports` checks it, so a layer cannot leak upwards.

/// Warnings are errors on CI and only there, so that a newer compiler's new warning never stops a user's
/// build.
let strict: [SwiftSetting] =
    Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let collections: Target.Dependency = .product(name: "OrderedCollections", package: "swift-collections")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")

/// Of the sources, for the provenance of results; `make` finds it.
let commit: [CSetting] =
    Context.environment["ACUITY_COMMIT"].map { [.define("ACUITY_COMMIT", to: "\"\($0)\"")] } ?? []

/// A layer of the program and the tests that mirror it.
func layer(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// The parsers of our own under libFuzzer: built by `make fuzz` alone, for it needs the sanitizer's run-time
/// library.
let fuzzing: [Target] =
    Context.environment["ACUITY_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "Runs", "ModelFiles", "Inference", "Models", "Images", "Graph", "Syntax", "Files",
                "Diagnostics",
            ], path: "Tests/Fuzzing", exclude: ["Seeds", "words.dict"])
    ]

let package = Package(
    name: "acuity",
    products: [.executable(name: "acuity", targets: ["acuity"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.30.0"),
    ],
    targets: [
        // C libraries, and the little C that Swift needs to reach them.
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        // libjpeg-turbo, from 2.0 on.
        .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
        .target(
            name: "ReadlineShim", dependencies: ["CReadline"], linkerSettings: [.linkedLibrary("readline")]),
        // What Swift does not reach of the system, and the threads that kernels run on.
        .target(name: "MachineShim"),
        // zlib comes with libpng, whose checksum is its.
        .target(name: "PNGShim", dependencies: ["CPNG"], linkerSettings: [.linkedLibrary("z")]),
        .systemLibrary(
            name: "CChafa", pkgConfig: "chafa", providers: [.apt(["libchafa-dev", "libglib2.0-dev"])]),
        // No package configuration: it would name the library's own, slow BLAS before OpenBLAS.
        .systemLibrary(name: "CGSL", providers: [.apt(["libgsl-dev"])]),
        // For SHA-256 alone, which swift-crypto would compile a library of C for.
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "ChafaShim", dependencies: ["CChafa"]),
        .target(name: "JPEGShim", dependencies: ["CJPEG"]),

        // Kernels whose speed needs more than Swift gives.
        .target(name: "VectorKernels"),

        // What `make` knows of the sources: nothing else is compiled anew when a commit changes.
        .target(name: "BuildInfo", cSettings: commit),

        // The layers, lowest first.
        layer("Diagnostics", []),
        layer("Machine", ["MachineShim", "Diagnostics"]),
        layer("Kernels", ["COpenBLAS", "VectorKernels", "MachineShim", "Machine"]),
        layer("LayerKernels", ["Kernels", "COpenBLAS", "VectorKernels", "Machine"]),
        layer("Files", ["COpenSSL", "Machine", "Diagnostics"]),
        layer("Syntax", ["Diagnostics"]),
        // What a layer is, and those that tracing and the engine know by name.
        layer("Operators", ["LayerKernels", "Kernels"]),
        // All others, one file each.
        layer("Layers", ["Operators", "LayerKernels", "Kernels"]),
        // What losses, optimisers, schedules, first weights and augmentations have in common.
        layer("Kinds", ["Diagnostics"]),
        layer("Graph", ["Operators", "Diagnostics", collections]),
        layer("Engine", ["Operators", "Graph", "Kernels", "Machine", "Diagnostics"]),
        layer("Images", ["Kinds", "PNGShim", "JPEGShim", "Files", "Machine", "Diagnostics"]),
        layer("ImageFolders", ["Images", "Files", "Diagnostics"]),
        layer("Data", ["Kinds", "Images", "Files", "Machine", "Diagnostics"]),
        layer("SyntheticBlur", ["Data", "ImageFolders", "Images", "Files", "Machine", "Diagnostics"]),
        layer("PairedData", ["Data", "ImageFolders", "Images", "Files", "Machine", "Diagnostics"]),
        layer(
            "Curation", ["PairedData", "Data", "ImageFolders", "Images", "Files", "Machine", "Diagnostics"]),
        // Generated from the format's own definition; see its README.
        .target(name: "ONNXFormat", dependencies: [protobuf], exclude: ["README.md", "onnx.proto"]),
        layer("Models", ["ONNXFormat", "Layers", "Operators", "Graph", "Files", "Diagnostics", protobuf]),
        layer(
            "Inference",
            ["ImageFolders", "Images", "Engine", "Operators", "Graph", "Files", "Machine", "Diagnostics"]),
        layer(
            "FirstWeights",
            ["Kinds", "Inference", "Data", "Engine", "Operators", "Graph", "Machine", "Diagnostics"]),
        layer("LossCurves", []),
        layer("TrainingMethods", ["Kinds", "Engine", "Graph", "Kernels", "Diagnostics"]),
        layer(
            "Training",
            [
                "LossCurves",
                "TrainingMethods", "FirstWeights", "Kinds", "Inference", "Data", "Images", "Models", "Engine",
                "Graph", "Files", "Machine", "Diagnostics",
            ]),
        layer(
            "ModelFiles",
            ["Training", "Inference", "Models", "Images", "Engine", "Graph", "Files", "Diagnostics"]),
        layer(
            "Evaluation",
            [
                "FirstWeights", "Inference", "Data", "ImageFolders", "Images", "Engine", "Operators",
                "Graph", "Machine", "Diagnostics",
            ]),
        layer("Tables", ["Diagnostics"]),
        layer("Runs", ["LossCurves", "Tables", "Files", "Diagnostics", collections]),
        layer("Statistics", ["CGSL", "Runs", "Tables", "Diagnostics", collections]),
        layer("Experiments", ["Runs", "Tables", "Files", "Diagnostics", collections]),
        layer("Drawing", ["LossCurves", "Images", "Graph", "Machine", "Diagnostics", collections]),
        layer("Terminal", ["ChafaShim", "Images", "Diagnostics"]),
        // The language: an interpreter that knows no network, no file and no screen.
        layer("Language", ["Kinds", "Syntax", "Machine", "Diagnostics", collections]),
        layer(
            "Tracing", ["Language", "Layers", "Operators", "Graph", "Syntax", "Diagnostics"],
            resources: [.embedInCode("Prelude")]),
        layer("Assist", ["Tracing", "Language", "Syntax", "Diagnostics"]),
        layer(
            "Workbench",
            [
                "Assist", "Tracing", "Language", "Experiments", "Runs", "Tables", "Evaluation", "Training",
                "Inference", "Data", "Images", "Syntax", "Files", "Machine", "Diagnostics", collections,
            ]),
        // Built-in functions.
        layer(
            "Library",
            [
                "Workbench", "Tracing", "Language", "Statistics", "Runs", "Tables", "Evaluation",
                "ModelFiles", "Training", "FirstWeights", "Inference", "Models", "Drawing", "Curation",
                "PairedData", "SyntheticBlur", "ImageFolders", "Images", "Engine", "Operators", "Graph",
                "Files", "Machine", "Diagnostics", collections,
            ]),
        layer(
            "TrainingFunctions",
            [
                "LossCurves",
                "TrainingMethods", "Kinds", "Library", "Workbench", "Tracing", "Language",
                "Runs", "Tables", "Evaluation", "ModelFiles",
                "Training", "FirstWeights", "Inference", "PairedData", "Data", "Images", "Engine", "Graph",
                "Files", "Machine", "Diagnostics", collections,
            ]),
        layer(
            "TableFunctions",
            [
                "LossCurves",
                "Workbench", "Tracing", "Language", "Experiments", "Statistics", "Runs", "Tables",
                "Evaluation", "ModelFiles", "Drawing", "Graph", "Files", "Diagnostics", collections,
            ]),
        layer(
            "ExperimentRunner",
            [
                "Workbench", "Language", "Experiments", "Runs", "Tables", "Evaluation", "Syntax", "Files",
                "Machine", "Diagnostics", collections,
            ]),
        layer(
            "Session",
            [
                "ExperimentRunner", "TableFunctions", "TrainingFunctions", "Library", "Workbench", "Assist",
                "Tracing", "Language", "Evaluation", "Inference", "Images", "Graph", "Syntax", "Files",
                "Machine", "Diagnostics", collections,
            ]),
        .executableTarget(
            name: "acuity",
            dependencies: [
                "ReadlineShim", "BuildInfo", "Session", "Kinds", "TableFunctions", "Workbench", "Assist",
                "Experiments", "Runs", "Tables", "Evaluation", "Training", "Terminal", "Images", "Syntax",
                "Files", "Machine", "Diagnostics", argumentParser, collections,
            ],
            exclude: ["Debian"], swiftSettings: strict),

        // Measures the engine, alone and beside PyTorch: `make bench`, `make bench-peer`.
        .target(name: "AllocationCounter"),
        .executableTarget(
            name: "acuity-bench",
            dependencies: [
                "AllocationCounter", "Session", "Workbench", "Training", "TrainingMethods", "Engine", "Graph",
                "Kernels",
                "Diagnostics", argumentParser,
            ],
            path: "Sources/Benchmark", exclude: ["peer.py", "networks.py"], swiftSettings: strict),

        // A slow, plain engine in Double that tests compare the real one with.
        .target(
            name: "ReferenceEngine", dependencies: ["Layers", "Operators", "Graph"],
            path: "Tests/ReferenceEngine", swiftSettings: strict),
        // What tests of several layers do alike.
        .target(
            name: "TestSupport", dependencies: ["Machine", "Diagnostics"], path: "Tests/Support",
            swiftSettings: strict),
        // Networks, images and rows that they are tried on.
        .target(
            name: "Samples",
            dependencies: ["Runs", "Data", "Images", "Layers", "Operators", "Graph", "Diagnostics"],
            path: "Tests/Samples", swiftSettings: strict),
        tests("MachineTests", ["TestSupport", "Machine", "Diagnostics"]),
        tests("KernelsTests", ["ReferenceEngine", "Kernels"]),
        tests("DiagnosticsTests", ["Diagnostics"]),
        tests("FilesTests", ["TestSupport", "Files", "Machine", "Diagnostics"]),
        tests("SyntaxTests", ["Syntax", "Diagnostics"]),
        tests("GraphTests", ["ReferenceEngine", "Layers", "Operators", "Graph"]),
        tests(
            "EngineTests",
            [
                "ReferenceEngine", "TrainingMethods", "Models", "Engine", "Layers", "Operators", "Graph",
                "Kernels",
                "Diagnostics",
            ]),
        tests("ImagesTests", ["TestSupport", "Images", "Files", "Diagnostics"]),
        tests(
            "DataTests",
            ["TestSupport", "Samples", "PairedData", "SyntheticBlur", "Data", "Images", "Diagnostics"]),
        tests(
            "SyntheticBlurTests",
            ["TestSupport", "Samples", "SyntheticBlur", "Data", "Images", "Diagnostics"]),
        tests(
            "PairedDataTests",
            [
                "Machine",
                "TestSupport", "Samples", "Curation", "PairedData", "SyntheticBlur", "Data", "Images",
                "Diagnostics",
            ]),
        tests(
            "CurationTests",
            [
                "Machine", "TestSupport", "Samples", "Curation", "PairedData", "Data", "Images", "Files",
                "Diagnostics",
            ]),
        tests(
            "ModelsTests",
            ["TestSupport", "ReferenceEngine", "Models", "Layers", "Operators", "Graph", "Diagnostics"]),
        tests(
            "InferenceTests",
            [
                "Machine",
                "TestSupport", "Samples", "FirstWeights", "Inference", "Images", "Engine", "Layers",
                "Operators",
                "Graph", "Files", "Diagnostics",
            ]),
        tests(
            "FirstWeightsTests",
            ["Samples", "FirstWeights", "Inference", "Data", "Engine", "Operators", "Graph"]),
        tests(
            "TrainingTests",
            [
                "LossCurves",
                "TestSupport", "Samples", "Evaluation", "Training", "TrainingMethods", "FirstWeights",
                "Kinds", "Data", "Images", "Engine", "Graph",
                "Machine", "Diagnostics",
            ]),
        tests(
            "TrainingMethodsTests",
            [
                "Samples", "TrainingMethods", "FirstWeights", "Kinds", "Data", "Images", "Engine", "Graph",
                "TestSupport", "Diagnostics",
            ]),
        tests(
            "ModelFilesTests",
            [
                "TestSupport", "Samples", "ModelFiles", "Training", "TrainingMethods", "Inference", "Models",
                "Engine", "Graph", "Data",
                "Machine", "Diagnostics",
            ]),
        tests(
            "EvaluationTests",
            [
                "TestSupport", "Samples", "Evaluation", "Inference", "Data", "Images", "Engine", "Graph",
                "Machine", "Diagnostics",
            ]),
        tests("TablesTests", ["Tables"]),
        tests(
            "RunsTests",
            [
                "LossCurves", "TestSupport", "Samples", "Experiments", "Runs", "Tables", "Diagnostics",
                collections,
            ]),
        tests(
            "StatisticsTests",
            ["TestSupport", "Samples", "Statistics", "Runs", "Tables", "Diagnostics", collections]),
        tests(
            "ExperimentsTests",
            ["TestSupport", "Samples", "Experiments", "Runs", "Tables", "Files", "Diagnostics", collections]),
        tests(
            "SessionTests",
            [
                "TestSupport", "ReferenceEngine", "Session", "Workbench", "Assist", "Statistics", "Runs",
                "ModelFiles",
                "TrainingMethods", "Training", "Inference", "Models", "SyntheticBlur", "Images", "Engine",
                "Graph", "Machine",
                "Diagnostics",
            ]),
        // A terminal for the tests that sit at one.
        .target(name: "PtyShim", path: "Tests/PtyShim"),
        tests(
            "DrawingTests",
            ["LossCurves", "Drawing", "Images", "Layers", "Operators", "Graph", "Diagnostics"]),
        tests("TerminalTests", ["Terminal", "Images"]),
        tests("CommandTests", ["acuity", "acuity-bench", "PtyShim", "Session"]),
    ] + fuzzing,
    swiftLanguageModes: [.v6]
)
