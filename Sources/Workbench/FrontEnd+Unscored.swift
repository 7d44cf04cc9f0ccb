import Diagnostics
import Evaluation

extension FrontEnd {
    /// Names images that means leave out; of many, the first.
    public func notice(_ unscored: [UnscoredImage]) {
        let most = 8
        for image in unscored.prefix(most) {
            notice("\(image.name) is not scored and left out of the means: \(image.reason.message)")
        }
        if unscored.count > most { notice("and \(unscored.count - most) more are not scored") }
    }
}
