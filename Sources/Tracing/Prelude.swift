import Diagnostics
import Language
import Syntax

/// The paper's blocks, sharing modes and networks, written in the language and compiled into the program.
package enum Prelude {
    /// What the names of its sources begin with.
    package static let folder = "prelude/"

    package static let sources: [Source] = [
        source("blocks.acu", PackageResources.blocks_acu),
        source("sharing.acu", PackageResources.sharing_acu),
        source("gao2019.acu", PackageResources.gao2019_acu),
        source("srn2018.acu", PackageResources.srn2018_acu),
        source("nah2017.acu", PackageResources.nah2017_acu),
        source("losses.acu", PackageResources.losses_acu),
        source("nafnet.acu", PackageResources.nafnet_acu),
    ]

    private static func source(_ name: String, _ bytes: [UInt8]) -> Source {
        Source(name: folder + name, text: String(decoding: bytes, as: UTF8.self))
    }
}

extension Prelude {
    /// What a definition of the prelude is called, and what is written about it.
    package struct Page {
        package let name: String
        package let comment: String
        package let source: String
    }

    package static let pages: [Page] = sources.flatMap { source -> [Page] in
        let statements = (try? Parser.parse(source)) ?? []
        return statements.compactMap { statement in
            switch statement.kind {
            case .definition(let definition):
                Page(
                    name: definition.name.value, comment: statement.span.comment,
                    source: statement.span.textWithComment)
            case .sharing(let definition):
                Page(
                    name: definition.name.value, comment: statement.span.comment,
                    source: statement.span.textWithComment)
            case .expression, .assignment, .weights, .repetition, .loop, .result, .output, .experiment,
                .record, .source, .command:
                nil
            }
        }
    }
}
