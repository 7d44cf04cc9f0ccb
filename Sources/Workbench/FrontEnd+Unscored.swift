import Diagnostics
import Evaluation

extension FrontEnd {
    /// Names pictures that means leave out; of many, the first.
    public func notice(_ unscored: [UnscoredPicture]) {
        let most = 8
        for picture in unscored.prefix(most) {
            notice("\(picture.name) is not scored and left out of the means: \(picture.reason.message)")
        }
        if unscored.count > most { notice("and \(unscored.count - most) more are not scored") }
    }
}
