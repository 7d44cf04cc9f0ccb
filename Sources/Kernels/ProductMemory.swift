import Foundation
import Machine
import Synchronization

/// The memory that OpenBLAS takes for a product on each thread that has one under way: addresses, of which
/// the system gives a page when it is first written. It keeps them for the next product.
///
/// Where the system refuses them it tries again without end. So under `ulimit -v`, as many as there will be
/// threads are taken before any product is, by the functions with which OpenBLAS takes them itself.
enum ProductMemory {
    /// The most that a release takes for one product, on x86-64; there is no way to ask.
    static let bytes = 129 << 20
    /// OpenBLAS has places for twice as many as the threads it is built for, which are 64 at least.
    private static let most = 64

    private static let reserved = Mutex(0)

    /// Makes sure that so many threads can have a product under way at once.
    static func reserve(threads: Int) throws(Shortage) {
        guard MachineMemory.addressSpaceLimit != nil, let functions else { return }
        let threads = min(threads, most)
        let shortage: Shortage? = reserved.withLock { reserved in
            guard threads > reserved else { return nil }
            let needed = (threads - reserved) * bytes
            guard needed <= MachineMemory.addressSpaceLeft ?? .max else { return .memory(bytes: needed) }
            // All at once: one that is given back would be the next one too.
            let places = (0..<threads).map { _ in functions.take(0) }
            for place in places { functions.giveBack(place) }
            reserved = threads
            return nil
        }
        if let shortage { throw shortage }
    }

    /// Bytes of addresses that ``reserve(threads:)`` would still take.
    static func missing(threads: Int) -> Int {
        guard MachineMemory.addressSpaceLimit != nil, functions != nil else { return 0 }
        return max(0, min(threads, most) - reserved.withLock(\.self)) * bytes
    }

    private typealias Take = @convention(c) (Int32) -> UnsafeMutableRawPointer?
    private typealias GiveBack = @convention(c) (UnsafeMutableRawPointer?) -> Void

    /// Not in OpenBLAS's headers, and not in every library that stands in for it.
    private static let functions: (take: Take, giveBack: GiveBack)? = {
        guard let take = dlsym(nil, "blas_memory_alloc"), let giveBack = dlsym(nil, "blas_memory_free") else {
            return nil
        }
        return (unsafeBitCast(take, to: Take.self), unsafeBitCast(giveBack, to: GiveBack.self))
    }()
}
