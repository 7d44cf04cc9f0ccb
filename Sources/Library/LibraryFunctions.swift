import Language
import Workbench

/// The functions of this room, in the order of the reference.
package enum LibraryFunctions {
    package static let all: [Function<Workbench>] =
        NetworkFunctions.all + DataFunctions.all + FrameFunctions.all + ImageFunctions.all
        + ModelFunctions.all + LookingFunctions.all + FigureFunctions.all
}
