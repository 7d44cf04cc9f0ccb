import Diagnostics
import Language
import Syntax

/// A sharing mode as declared: for each role the indices that its weights depend on.
package struct SharingMode: ForeignValue {
    package static let kind = "a sharing mode"

    package let definition: SharingDefinition

    package init(definition: SharingDefinition) { self.definition = definition }

    package var isSetting: Bool { true }
    package var name: String { definition.name.value }
    package var description: String { name }
    package var definitionSpan: Span? { definition.span }
    package var source: String? { definition.span.textWithComment }

    package func equals(_ other: Value) -> Bool? { other.as(SharingMode.self).map { $0.name == name } }

    package func rule(for role: String) -> SharingDefinition.Rule? {
        definition.rules.first { $0.role.value == role }
    }
}
