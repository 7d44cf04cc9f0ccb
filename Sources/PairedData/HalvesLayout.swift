import ImageFolders

/// A layout of one folder of pairs: blurred images in one folder, and sharp ones of equal names beside it.
package struct HalvesLayout: Sendable {
    package let blurred: [(blur: Blur, folder: String)]
    package let sharp: String

    /// The first one that a folder has any half of is its layout.
    package static let all = [
        sequence,
        HalvesLayout(blurred: [(.linear, "input")], sharp: "target"),
    ]

    /// The layout of each sequence of the GoPro set [Nah, Kim & Lee 2017].
    package static let sequence = HalvesLayout(
        blurred: [(.linear, "blur"), (.gamma, "blur_gamma"), (.jpeg, "blur_jpeg")], sharp: "sharp")

    /// The kind of blur that a folder of this name holds; `nil` for a folder of another layout.
    package func blur(ofFolder name: String) -> Blur? { blurred.first { $0.folder == name }?.blur }

    /// The names of all folders that hold a half in one of the layouts.
    package static var folders: [String] { all.flatMap { $0.blurred.map(\.folder) + [$0.sharp] } }

    /// `{blur,sharp}`
    package var pattern: String { "{\(blurred[0].folder),\(sharp)}" }

    /// `blur/ (or blur_gamma/ or blur_jpeg/) and sharp/`
    package var words: String {
        let others = blurred.dropFirst().map { "\($0.folder)/" }.joined(separator: " or ")
        return "\(blurred[0].folder)/" + (others.isEmpty ? "" : " (or \(others))") + " and \(sharp)/"
    }

    /// The halves that a folder holds; `nil` where it holds none of any layout.
    package static func halves(
        in folder: Folder
    ) -> (layout: HalvesLayout, blurred: [(blur: Blur, folder: String)], hasSharp: Bool)? {
        let folders = folder.folders
        for layout in all {
            let blurred = layout.blurred.filter { folders.contains($0.folder) }
            let hasSharp = folders.contains(layout.sharp)
            if hasSharp || !blurred.isEmpty { return (layout, blurred, hasSharp) }
        }
        return nil
    }
}
