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
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

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
                "Training", "Models", "Experiments", "Syntax", "Graph", "Data", "Images", "Diagnostics",
            ], path: "Tests/Fuzzing", exclude: ["Seeds", "words.dict"])
    ]

let package = Package(
    name: "acuity",
    products: [.executable(name: "acuity", targets: ["acuity"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
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
        .target(name: "MachineShim"),
        // zlib comes with libpng, whose checksum is its.
        .target(name: "PNGShim", dependencies: ["CPNG"], linkerSettings: [.linkedLibrary("z")]),
        .systemLibrary(
            name: "CChafa", pkgConfig: "chafa", providers: [.apt(["libchafa-dev", "libglib2.0-dev"])]),
        // No package configuration: it would name the library's own, slow BLAS before OpenBLAS.
        .systemLibrary(name: "CGSL", providers: [.apt(["libgsl-dev"])]),
        .target(name: "ChafaShim", dependencies: ["CChafa"]),
        .target(name: "JPEGShim", dependencies: ["CJPEG"]),

        // Kernels whose speed needs more than Swift gives, and the threads they run on.
        .target(name: "VectorKernels"),

        // What `make` knows of the sources: nothing else is compiled anew when a commit changes.
        .target(name: "BuildInfo", cSettings: commit),

        // The layers, lowest first.
        layer("Diagnostics", []),
        layer("Machine", ["MachineShim", "Diagnostics"]),
        layer("Kernels", ["COpenBLAS", "VectorKernels", "Machine"]),
        layer("Files", ["Machine", "Diagnostics", crypto]),
        layer("Syntax", ["Diagnostics"]),
        // What each kind of layer is, one file each.
        layer("Operators", ["Kernels"]),
        layer("Graph", ["Operators", "Diagnostics", collections]),
        layer("Engine", ["Kernels", "Operators", "Graph", "Machine", "Diagnostics"]),
        layer("Images", ["PNGShim", "JPEGShim", "Files", "Machine", "Diagnostics"]),
        layer("Data", ["Images", "Files", "Machine", "Diagnostics"]),
        // Generated from the format's own definition; see its README.
        .target(name: "ONNXFormat", dependencies: [protobuf], exclude: ["README.md", "onnx.proto"]),
        layer("Models", ["ONNXFormat", "Operators", "Graph", "Files", "Diagnostics", protobuf]),
        layer(
            "Training",
            [
                "Models", "Engine", "Operators", "Graph", "Data", "Images", "Files", "Machine", "Diagnostics",
            ]),
        layer("Experiments", ["CGSL", "Files", "Diagnostics", collections]),
        layer("Drawing", ["Graph", "Images", "Machine", "Diagnostics", collections]),
        layer("Terminal", ["ChafaShim", "Images", "Diagnostics"]),
        // The language: an interpreter that knows no network, no file and no screen.
        layer("Language", ["Syntax", "Machine", "Diagnostics", collections]),
        layer(
            "Tracing", ["Language", "Operators", "Graph", "Syntax", "Diagnostics"],
            resources: [.embedInCode("Prelude")]),
        layer("Assist", ["Tracing", "Language", "Syntax", "Diagnostics"]),
        layer(
            "Workbench",
            [
                "Assist", "Tracing", "Language", "Experiments", "Training", "Data", "Images", "Graph",
                "Syntax",
                "Files", "Machine", "Diagnostics", collections,
            ]),
        // Built-in functions.
        layer(
            "Library",
            [
                "Workbench", "Tracing", "Language", "Experiments", "Training", "Models", "Drawing", "Data",
                "Images",
                "Engine", "Operators", "Graph", "Files", "Machine", "Diagnostics", collections,
            ]),
        layer(
            "TableFunctions",
            [
                "Workbench", "Language", "Experiments", "Training", "Drawing", "Files", "Diagnostics",
                collections,
            ]),
        layer(
            "ExperimentRunner",
            [
                "Workbench", "Tracing", "Language", "Experiments", "Syntax", "Files", "Diagnostics",
                collections,
            ]),
        layer(
            "Session",
            [
                "ExperimentRunner", "TableFunctions", "Library", "Workbench", "Assist", "Tracing", "Language",
                "Training", "Images", "Graph", "Syntax", "Files", "Machine", "Diagnostics", collections,
            ]),
        .executableTarget(
            name: "acuity",
            dependencies: [
                "Session", "Workbench", "Assist", "TableFunctions", "Terminal", "Experiments", "Training",
                "Images",
                "Syntax", "Diagnostics", "Files",
                "Machine", "ReadlineShim", "BuildInfo",
                argumentParser, collections,
            ],
            exclude: ["Debian"], swiftSettings: strict),

        // Measures the engine, alone and beside PyTorch: `make bench`, `make bench-peer`.
        .target(name: "AllocationCounter"),
        .executableTarget(
            name: "acuity-bench",
            dependencies: [
                "AllocationCounter", "Session", "Workbench", "Training", "Engine", "Graph", "Kernels",
                "Diagnostics",
                argumentParser,
            ],
            path: "Sources/Benchmark", exclude: ["peer.py", "networks.py"], swiftSettings: strict),

        // A slow, plain engine in Double that tests compare the real one with.
        .target(
            name: "ReferenceEngine", dependencies: ["Operators", "Graph"], path: "Tests/ReferenceEngine",
            swiftSettings: strict),
        // What tests of several layers do alike.
        .target(
            name: "TestSupport", dependencies: ["Diagnostics"], path: "Tests/Support", swiftSettings: strict),
        tests("MachineTests", ["TestSupport", "Machine", "Diagnostics"]),
        tests("KernelsTests", ["ReferenceEngine", "Kernels"]),
        tests("DiagnosticsTests", ["Diagnostics"]),
        tests("FilesTests", ["Files", "Diagnostics"]),
        tests("SyntaxTests", ["Syntax", "Diagnostics"]),
        tests("GraphTests", ["ReferenceEngine", "Operators", "Graph", "Diagnostics"]),
        tests(
            "EngineTests",
            ["ReferenceEngine", "Models", "Engine", "Operators", "Graph", "Kernels", "Diagnostics"]),
        tests("ImagesTests", ["TestSupport", "Images", "Files", "Diagnostics"]),
        tests("DataTests", ["TestSupport", "Data", "Images", "Files", "Diagnostics"]),
        tests(
            "ModelsTests",
            ["TestSupport", "ReferenceEngine", "Models", "Operators", "Graph", "Files", "Diagnostics"]),
        tests(
            "TrainingTests",
            [
                "TestSupport", "Training", "Models", "Files", "Engine", "Operators", "Graph", "Data",
                "Images", "Diagnostics",
            ]),
        tests("ExperimentsTests", ["TestSupport", "Experiments", "Files", "Diagnostics", collections]),
        tests(
            "SessionTests",
            [
                "ReferenceEngine", "Session", "Workbench", "Assist", "Language", "Training", "Models",
                "Experiments", "Data", "Images", "Engine",
                "Graph",
                "Syntax", "Files", "Diagnostics",
            ]),
        // A terminal for the tests that sit at one.
        .target(name: "PtyShim", path: "Tests/PtyShim"),
        tests("DrawingTests", ["Drawing", "Operators", "Graph", "Images", "Diagnostics"]),
        tests("TerminalTests", ["Terminal", "Images"]),
        tests("CommandTests", ["acuity", "acuity-bench", "Session", "Assist", "PtyShim"]),
    ] + fuzzing,
    swiftLanguageModes: [.v6]
)
