import Foundation

/// The user's folder for what can be made again: `$XDG_CACHE_HOME/acuity`, or `~/.cache/acuity`.
public enum CacheFolder {
    /// `nil` where there is neither.
    public static var path: String? {
        let environment = ProcessInfo.processInfo.environment
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return cache + "/acuity" }
        return environment["HOME"].map { $0 + "/.cache/acuity" }
    }

    /// Bytes that are free where it is, or will be; 0 where there is no such place.
    public static var freeBytes: Int {
        guard var place = path else { return 0 }
        var status = statvfs()
        while statvfs(place, &status) != 0 {
            guard errno == ENOENT, place != "/", !place.isEmpty else { return 0 }
            place = parentFolder(of: place)
        }
        return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }
}
