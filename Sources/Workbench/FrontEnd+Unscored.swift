import Diagnostics
import Evaluation

extension FrontEnd {
    /// Names the images that were not scored and are left out of the means: the first eight, and how many
    /// more.
    public func notice(_ unscored: [UnscoredImage]) {
        let most = 8
        for image in unscored.prefix(most) {
            notice("\(image.name) is not scored and left out of the means: \(image.reason.message)")
        }
        if unscored.count > most { notice("and \(unscored.count - most) more are not scored") }
    }
}
