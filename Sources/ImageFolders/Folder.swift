import Diagnostics
import Files
import Foundation
import Images

/// The names in a folder in their natural order (the same in every locale), without hidden ones and without
/// `lost+found`, which file systems keep for themselves and most users may not list.
package struct Folder {
    package let path: String
    package let names: [String]

    /// - Throws: `cannot-read`, naming the folder.
    package init(_ path: String) throws(Diagnostic) {
        self.path = path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .cannotRead(path, reason: "there is no such folder", hint: nearestPath(to: path))
        }
        guard isFolder.boolValue else {
            throw .cannotRead(
                path, reason: "it is a file, and a folder is needed", hint: "name the folder that it is in")
        }
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { !$0.hasPrefix(".") && $0 != "lost+found" }
                .sorted(by: isNaturallyBefore)
        } catch {
            guard let error = systemError(of: error) else {
                throw .cannotRead(path, reason: "its contents cannot be listed")
            }
            throw .cannotRead(path, error: error)
        }
    }

    package func has(_ name: String) -> Bool { names.contains(name) }

    package func file(_ name: String) -> String { (path as NSString).appendingPathComponent(name) }

    /// Names that end as those of PNG and JPEG files do, in any case.
    package var images: [String] { names.filter { ImageFormat(ofFile: $0) != nil } }

    package var folders: [String] {
        names.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: file(name), isDirectory: &isFolder)
                && isFolder.boolValue
        }
    }

    /// - Throws: `no-pictures`, saying what is there instead.
    package func requireImages() throws(Diagnostic) -> [String] {
        let images = images
        guard images.isEmpty else { return images }
        let others = Set(names.map { ($0 as NSString).pathExtension.lowercased() }).subtracting([""]).sorted()
        throw Diagnostic(
            "no-pictures", "there is no PNG or JPEG file in \(path)",
            notes: names.isEmpty
                ? ["the folder is empty"]
                : others.isEmpty
                    ? [] : ["it holds files ending in " + others.map { "." + $0 }.joined(separator: ", ")],
            hint: others.isEmpty || names.isEmpty ? nil : "convert them to PNG")
    }
}
