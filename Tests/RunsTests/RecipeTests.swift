import Runs
import Testing

struct RecipeTests {
    private let recipe = Recipe(
        axes: [.init("seed", "1"), .init("transform", "nested(order = 4)")],
        inputs: [
            .init("graph", "0123"), .init("note", "two\nlines \\ slash"), .init("training.steps", "1500"),
        ])

    @Test func `a recipe is lines of key and value`() {
        #expect(
            recipe.text == """
                axis.seed = 1
                axis.transform = nested(order = 4)
                graph = 0123
                note = two\\nlines \\\\ slash
                training.steps = 1500

                """)
    }

    /// The literal is `printf 'axis.seed = 1\n…' | sha256sum | cut -c 1-16`.
    @Test func `the fingerprint is what sha256sum gives, on every machine and in every version`() {
        #expect(recipe.fingerprint == "9f584fe680505e10")
        #expect(Recipe.isFingerprint(recipe.fingerprint))
    }

    @Test func `a recipe reads back from its text`() {
        #expect(Recipe(text: recipe.text) == recipe)
    }

    @Test(arguments: ["no equals sign\n", "a = 1\na = 2\n", "a = \\x\n", "a = 1\\\n", " = 1\n"])
    func `another text is no recipe`(text: String) {
        #expect(Recipe(text: text) == nil)
    }

    @Test func `the difference of two recipes is told in words`() {
        let other = Recipe(
            axes: recipe.axes,
            inputs: [.init("graph", "0123"), .init("training.steps", "3000"), .init("training.decay", "0.3")])
        #expect(
            other.changes(since: recipe) == [
                "training.steps: 1500 → 3000", "training.decay: nothing → 0.3",
                "note: two\\nlines \\\\ slash → nothing",
            ])
        #expect(recipe.changes(since: recipe).isEmpty)
    }

    @Test func `of a hash it is only told that it has changed`() {
        func recipe(_ network: String) -> Recipe {
            Recipe(axes: [], inputs: [.init("train1.network", network)])
        }
        let hash = "0123456789abcdef"
        let changes = recipe(hash).changes(since: recipe("fedcba9876543210"))
        #expect(changes == ["train1.network has changed"])
        func whole(_ hash: String) -> Recipe { recipe(String(repeating: hash, count: 4)) }
        #expect(whole(hash).changes(since: whole("fedcba9876543210")) == changes)
        let seeds = recipe("1234567890123456").changes(since: recipe("6543210987654321"))
        #expect(seeds == ["train1.network: 6543210987654321 → 1234567890123456"])
    }

    @Test func `a long value is cut in words, not in the fingerprint`() {
        func recipe(_ last: String) -> Recipe {
            Recipe(axes: [], inputs: [.init("widths", String(repeating: "8, ", count: 40) + last)])
        }
        #expect(recipe("16").fingerprint != recipe("32").fingerprint)
        #expect(recipe("16").changes(since: recipe("32"))[0].count < 150)
    }

    @Test(arguments: ["", "0123456789abcde", "0123456789abcdeg", "0123456789ABCDEF", "0123456789abcdef0"])
    func `a fingerprint is sixteen hexadecimal digits`(text: String) {
        #expect(!Recipe.isFingerprint(text))
    }
}
