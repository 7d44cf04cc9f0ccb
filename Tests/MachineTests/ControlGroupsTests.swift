import Foundation
import Machine
import TestSupport
import Testing

/// Hierarchies that are made up in a folder, as cgroups(7) and the kernel's documents describe them.
struct ControlGroupsTests {
    /// What a hierarchy says.
    private struct Limits {
        let cores: Int?
        let memory: Int?
        let freeMemory: Int?

        init(_ groups: ControlGroups) {
            (cores, memory, freeMemory) = (groups.cores, groups.memory, groups.freeMemory)
        }
    }

    /// - Parameter files: contents by path.
    private func groups(_ files: [String: String]) throws -> Limits {
        try withTemporaryFolder { root in
            try write(files, in: root)
            return Limits(ControlGroups(root: root))
        }
    }

    private func write(_ files: [String: String], in root: String) throws {
        for (path, text) in files {
            let file = URL(filePath: root).appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: false, encoding: .utf8)
        }
    }

    private static let unified =
        "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
    private static let other = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n"

    @Test func `the second version's quota is rounded up to whole cores`() throws {
        let groups = try groups([
            "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": Self.other + Self.unified,
            "sys/fs/cgroup/job/cpu.max": "250000 100000\n", "sys/fs/cgroup/job/memory.max": "max\n",
        ])
        #expect(groups.cores == 3)
        #expect(groups.memory == nil)
        #expect(groups.freeMemory == nil)
    }

    @Test func `the least limit on the way up counts, for cores and memory each`() throws {
        let groups = try groups([
            "proc/self/cgroup": "0::/slice/job/step\n", "proc/self/mountinfo": Self.unified,
            "sys/fs/cgroup/slice/job/step/cpu.max": "max 100000\n",
            "sys/fs/cgroup/slice/job/step/memory.max": "8000000000\n",
            "sys/fs/cgroup/slice/job/step/memory.current": "100\n",
            "sys/fs/cgroup/slice/job/cpu.max": "400000 100000\n",
            "sys/fs/cgroup/slice/job/memory.max": "2000000000\n",
            "sys/fs/cgroup/slice/job/memory.current": "1500000000\n",
            "sys/fs/cgroup/slice/job/memory.stat": "anon 1\nfile 7\ninactive_file 300000000\nactive_file 5\n",
            "sys/fs/cgroup/slice/cpu.max": "50000 50000\n",
            "sys/fs/cgroup/slice/memory.max": "4000000000\n",
            "sys/fs/cgroup/slice/memory.current": "3900000000\n",
        ])
        #expect(groups.cores == 1)
        #expect(groups.memory == 2_000_000_000)
        #expect(groups.freeMemory == 100_000_000)
    }

    @Test func `groups are looked for once, and what is left of their memory is read each time`() throws {
        try withTemporaryFolder { root in
            try write(
                [
                    "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": Self.unified,
                    "sys/fs/cgroup/job/memory.max": "1000\n", "sys/fs/cgroup/job/memory.current": "900\n",
                    "sys/fs/cgroup/job/memory.stat": "inactive_file 50\n",
                ], in: root)
            let groups = ControlGroups(root: root)
            #expect(groups.freeMemory == 150)
            try FileManager.default.removeItem(atPath: root + "/proc")
            try write(["sys/fs/cgroup/job/memory.current": "400\n"], in: root)
            #expect(groups.freeMemory == 650)
            try write(["sys/fs/cgroup/job/memory.max": "800\n"], in: root)
            #expect(groups.memory == 800 && groups.freeMemory == 450)
            try write(["sys/fs/cgroup/job/memory.max": "max\n"], in: root)
            #expect(groups.memory == nil && groups.freeMemory == nil)
        }
    }

    @Test func `the first version keeps each controller in a hierarchy of its own`() throws {
        let groups = try groups([
            "proc/self/cgroup": "12:memory:/a/b\n4:cpu,cpuacct:/c\n1:name=systemd:/x\n0::/x\n",
            "proc/self/mountinfo": """
            33 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct
            36 32 0:31 / /sys/fs/cgroup/memory rw shared:10 - cgroup cgroup rw,memory
            37 32 0:33 / /sys/fs/cgroup/cpuset rw shared:11 - cgroup cgroup rw,cpuset

            """,
            "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us": "150000\n",
            "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000000\n",
            "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "900000\n",
            "sys/fs/cgroup/memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 400000\n",
        ])
        #expect(groups.cores == 2)
        #expect(groups.memory == 1_000_000)
        #expect(groups.freeMemory == 500_000)
    }

    @Test func `a container sees its group at the mount, whatever its path outside`() throws {
        let line = "40 32 0:29 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
        for path in ["/docker/abc", "/elsewhere", "/../host"] {
            let groups = try groups([
                "proc/self/cgroup": "0::\(path)\n", "proc/self/mountinfo": line,
                "sys/fs/cgroup/cpu.max": "100000 100000\n",
            ])
            #expect(groups.cores == 1, "\(path)")
        }
        let inner = try groups([
            "proc/self/cgroup": "0::/docker/abc/inner\n", "proc/self/mountinfo": line,
            "sys/fs/cgroup/inner/cpu.max": "300000 100000\n",
        ])
        #expect(inner.cores == 3)
    }

    @Test func `a mount point with a space in it is found`() throws {
        let groups = try groups([
            "proc/self/cgroup": "0::/\n",
            "proc/self/mountinfo": "30 23 0:26 / /my\\040groups rw - cgroup2 cgroup2 rw\n",
            "my groups/cpu.max": "200000 100000\n",
        ])
        #expect(groups.cores == 2)
    }

    @Test(arguments: ["", "nonsense\n", "0::\n", "0::/job\n::::\n"])
    func `what is not understood limits nothing`(text: String) throws {
        let groups = try groups([
            "proc/self/cgroup": text, "proc/self/mountinfo": "x y - z\n" + Self.unified,
            "sys/fs/cgroup/job/cpu.max": "much\n", "sys/fs/cgroup/job/memory.max": "0x10\n",
        ])
        #expect(groups.cores == nil)
        #expect(groups.memory == nil)
    }
}
