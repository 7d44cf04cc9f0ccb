import Diagnostics
import Language
import Training
import Workbench

/// Arguments of `train` for validations.
extension TrainingFunctions {
    static let validationParameters: [Builtin.Parameter] = [
        .derived("validation", .dataset, "none").about(
            "its PSNR is shown while training goes on; without `validate_every` it is that of a few images now and "
                + "then, and changes nothing"),
        .derived("validate_every", .whole(TrainingSettings.Limits.steps), "none").about(
            "steps from one validation on all images of `validation` to the next; the loss curve keeps them"),
        .standard("keep", .choice(["last", "best"]), .text("last")).about([
            ("\"last\"", "the model is that of the last step"),
            ("\"best\"", "that of the best validation"),
        ]),
        .derived("patience", .whole(TrainingSettings.Limits.steps), "none").about(
            "the training ends after so many validations in a row that bring nothing better"),
    ]

    static func validation(_ arguments: Arguments) throws(Diagnostic) -> ValidationSettings? {
        guard let every = try arguments.given("validate_every", arguments.whole) else {
            try arguments.refuse(["keep", "patience"], because: "for a training with `validate_every`")
            return nil
        }
        var settings = ValidationSettings(every: every)
        settings.keepsBest = try arguments.text("keep") == "best"
        settings.patience = try arguments.given("patience", arguments.whole)
        return settings
    }
}
