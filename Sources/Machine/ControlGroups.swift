import Foundation

/// What the control groups of this process allow it: its own group and every group above it [cgroups(7)].
///
/// Both versions are read, for a system can have the second one beside controllers of the first. The limits
/// of a group hold for the groups inside it, so the least on the way up is the one that counts.
///
/// Which groups those are is found out once; what they allow is read each time that it is asked for.
public struct ControlGroups: Sendable {
    /// The groups of this process, as they stood when it first asked.
    public static let own = ControlGroups()

    /// The folders from the process's own group upwards.
    private let processorFolders: [Folder]
    private let memoryFolders: [Folder]

    /// - Parameter root: the folder that stands for `/`, for tests.
    public init(root: String = "") {
        let memberships = Self.lines(root + "/proc/self/cgroup").compactMap { Membership(line: $0) }
        let mounts = Self.lines(root + "/proc/self/mountinfo").compactMap { Mount(line: $0) }
        func folders(_ controller: String) -> [Folder] {
            memberships.flatMap { membership -> [Folder] in
                guard membership.isUnified || membership.controllers.contains(controller) else { return [] }
                return mounts.filter { $0.holds(controller, isUnified: membership.isUnified) }.flatMap {
                    mount in
                    mount.folders(of: membership.path).map {
                        Folder(path: root + $0, isUnified: membership.isUnified)
                    }
                }
            }
        }
        processorFolders = folders("cpu")
        memoryFolders = folders("memory")
    }

    /// ⌈quota ÷ period⌉ of the scheduler: cores that the process can keep busy; `nil` without a limit.
    public var cores: Int? { processorFolders.compactMap(\.cores).min() }

    /// Bytes that the processes of the tightest group may use together; `nil` without a limit.
    public var memory: Int? { memoryFolders.compactMap(\.memoryLimit).min() }

    /// Bytes that are left of the limit where least is left, once what the system can take back from files is
    /// taken back.
    public var freeMemory: Int? {
        memoryFolders.compactMap { folder -> Int? in
            // Of a group without a limit nothing else is read.
            guard let limit = folder.memoryLimit, let used = folder.memoryUsed else { return nil }
            return max(0, limit - used)
        }.min()
    }

    fileprivate static func lines(_ path: String) -> [Substring] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n")
    }
}

/// A line of `/proc/self/cgroup`: `0::/user.slice`, or in the first version `4:cpu,cpuacct:/user.slice`.
private struct Membership {
    let controllers: [String]
    let path: String
    /// Whether it is of the second version, which has all controllers in one hierarchy.
    let isUnified: Bool

    init?(line: Substring) {
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        isUnified = parts[0] == "0" && parts[1].isEmpty
        controllers = parts[1].split(separator: ",").map(String.init)
        path = String(parts[2])
    }
}

/// A line of `/proc/self/mountinfo` that mounts a hierarchy [proc_pid_mountinfo(5)].
private struct Mount {
    /// The group that is seen at ``point``.
    let root: String
    let point: String
    private let type: Substring
    private let options: [Substring]

    init?(line: Substring) {
        let fields = line.split(separator: " ")
        // Optional fields, none or some, end with a dash.
        guard let dash = fields.dropFirst(6).firstIndex(of: "-"), fields.count > dash + 3 else { return nil }
        root = Self.unescaped(fields[3])
        point = Self.unescaped(fields[4])
        type = fields[dash + 1]
        options = fields[dash + 3].split(separator: ",")
        guard type == "cgroup" || type == "cgroup2" else { return nil }
    }

    func holds(_ controller: String, isUnified: Bool) -> Bool {
        isUnified ? type == "cgroup2" : type == "cgroup" && options.contains { $0 == controller }
    }

    /// The folders of a group and of all above it that are to be seen. A container often sees its own group
    /// alone, under a path that only the system outside knows: then what is mounted is that group.
    func folders(of path: String) -> [String] {
        var below = path[...]
        if root != "/" {
            let isInside = path == root || path.hasPrefix(root + "/")
            below = isInside ? path.dropFirst(root.count) : ""
        }
        var names = below.split(separator: "/")
        if names.contains("..") { names = [] }
        return (0...names.count).reversed().map { count in
            ([point == "/" ? "" : point] + names.prefix(count).map(String.init)).joined(separator: "/")
        }
    }

    /// Spaces and the like are written as `\040`.
    private static func unescaped(_ text: Substring) -> String {
        var (bytes, rest): ([UInt8], ArraySlice<UInt8>) = ([], Array(text.utf8)[...])
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A group's folder of settings.
private struct Folder: Sendable {
    /// The first version writes the largest multiple of a page where there is no limit.
    private static let unlimited = 1 << 60

    let path: String
    let isUnified: Bool

    var cores: Int? {
        let numbers: [Int?] =
            isUnified
            ? words("cpu.max").map { Int($0) }
            : [number("cpu.cfs_quota_us"), number("cpu.cfs_period_us")]
        guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], quota > 0, period > 0
        else { return nil }
        return (quota - 1) / period + 1
    }

    var memoryLimit: Int? {
        number(isUnified ? "memory.max" : "memory.limit_in_bytes").flatMap { $0 < Self.unlimited ? $0 : nil }
    }

    /// Without pages of files that nobody has used of late, which the system takes back before it refuses
    /// any.
    var memoryUsed: Int? {
        guard let used = number(isUnified ? "memory.current" : "memory.usage_in_bytes") else { return nil }
        let key = isUnified ? "inactive_file " : "total_inactive_file "
        let line = ControlGroups.lines(path + "/memory.stat").first { $0.hasPrefix(key) }
        return max(0, used - (line.flatMap { Int($0.dropFirst(key.count)) } ?? 0))
    }

    private func words(_ name: String) -> [Substring] {
        ControlGroups.lines(path + "/" + name).first?.split(separator: " ") ?? []
    }

    /// `nil` for `max`, and where there is no such file, as in the outermost group.
    private func number(_ name: String) -> Int? { words(name).first.flatMap { Int($0) } }
}
