import Diagnostics

/// The paper's blocks, sharing modes and networks, written in the language and compiled into the program.
enum Prelude {
    /// What the names of its sources begin with.
    static let folder = "prelude/"

    static let sources: [Source] = [
        source("blocks.acu", PackageResources.blocks_acu),
        source("sharing.acu", PackageResources.sharing_acu),
        source("gao2019.acu", PackageResources.gao2019_acu),
        source("srn2018.acu", PackageResources.srn2018_acu),
        source("nah2017.acu", PackageResources.nah2017_acu),
    ]

    private static func source(_ name: String, _ bytes: [UInt8]) -> Source {
        Source(name: folder + name, text: String(decoding: bytes, as: UTF8.self))
    }
}
