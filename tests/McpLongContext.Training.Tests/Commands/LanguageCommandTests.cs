using System.Text.Json;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Models;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Commands;

namespace McpLongContext.Training.Tests.Commands;

/// <summary>Language models of a few thousand parameters, trained as a user does.</summary>
public sealed class LanguageCommandTests : IDisposable
{
    private const string Sentence = "The cat sat on the mat and the dog sat on the log. ";

    private readonly string _folder = Directory.CreateTempSubdirectory("language-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Model => Path.Combine(_folder, "new-model");

    private string RunFolder => Model + ".training";

    private string Corpus => Path.Combine(_folder, "corpus.txt");

    public LanguageCommandTests() => File.WriteAllText(Corpus, string.Concat(Enumerable.Repeat(Sentence, 40)));

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_model_from_nothing_learns_a_text_and_the_engine_takes_it()
    {
        Assert.Equal(
            0,
            await RunAsync("--corpus", Corpus, "--steps", "60", "--learning-rate", "0.01", "--infini-layers", "1")
        );

        Assert.InRange(RunMetrics.HeldOut(RunFolder, "accuracy"), 0.5, 1);
        Assert.InRange(RunMetrics.HeldOut(RunFolder, "loss"), 0, 2.5);
        var store = new ModelStore(new ModelStoreOptions { Folder = Path.Combine(_folder, "models") });
        var trained = TrainedModel.Find(Model, store);
        var config = DecoderConfig.Load(Model);
        var adapter = InfiniAdapter.Load(Path.Combine(Model, InfiniAdapter.FileName), config, trained.Weights);
        Assert.Equal((true, false), (IsClosed(0), IsClosed(1)));

        bool IsClosed(int layer) => !adapter.Gates.Of(layer).ContainsAnyExcept(0f);
    }

    [Fact]
    public async Task A_training_that_was_broken_off_ends_as_if_it_had_not_been()
    {
        Assert.Equal(0, await RunAsync("--corpus", Corpus, "--steps", "4"));
        var whole = File.ReadAllBytes(Path.Combine(Model, "model.safetensors"));
        var again = Path.Combine(_folder, "again");
        Assert.Equal(0, await RunAsync(again, "--corpus", Corpus, "--steps", "2", "--run", again + ".training"));
        Directory.Delete(again, recursive: true);

        Assert.Equal(0, await RunAsync(again, "--corpus", Corpus, "--steps", "4", "--run", again + ".training"));

        Assert.Contains("continuing after step 2", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(whole.Length, new FileInfo(Path.Combine(again, "model.safetensors")).Length);
    }

    [Fact]
    public async Task What_a_killed_run_left_half_written_is_no_part_of_the_model()
    {
        Assert.Equal(0, await RunAsync("--corpus", Corpus, "--steps", "1"));
        var half = Path.Combine(RunFolder, "best", "half" + AtomicFile.Staged);
        File.WriteAllText(half, "half");

        Assert.Equal(0, await RunAsync("--corpus", Corpus, "--steps", "1"));

        Assert.False(File.Exists(Path.Combine(Model, Path.GetFileName(half))));
    }

    [Fact]
    public async Task Summaries_are_learned_and_scored()
    {
        var pairs = Path.Combine(_folder, "pairs.jsonl");
        File.WriteAllLines(
            pairs,
            Enumerable
                .Range(0, 12)
                .Select(i =>
                    JsonSerializer.Serialize(new { document = $"{Sentence}Number {i}.", summary = $"number {i}" })
                )
        );

        Assert.Equal(0, await RunAsync("--pairs", pairs, "--steps", "2"));

        Assert.InRange(RunMetrics.HeldOut(RunFolder, "ROUGE-L"), 0, 1);
    }

    [Theory]
    [InlineData("--steps 1", "there is nothing to learn from: give --corpus, --datastore or --pairs")]
    [InlineData("--corpus CORPUS --segment 500", "--segment 500: expected 2 to 64, the window of the model")]
    [InlineData("--corpus CORPUS --heads 5", "--hidden 32 --heads 5")]
    [InlineData("--corpus CORPUS --infini-layers 7", "--infini-layers 7: expected 0 to 1")]
    [InlineData("--datastore nothing", "--datastore nothing:")]
    [InlineData("--pairs CORPUS", "corpus.txt, line 1: expected")]
    public async Task Wrong_arguments_are_named(string arguments, string message)
    {
        Assert.Equal(ExitCode.Failed, await RunAsync(arguments.Replace("CORPUS", Corpus).Split(' ')));
        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_with_something_else_in_it_is_left_alone()
    {
        Directory.CreateDirectory(Model);
        File.WriteAllText(Path.Combine(Model, "letter.txt"), "dear");

        Assert.Equal(ExitCode.Failed, await RunAsync("--corpus", Corpus, "--steps", "1"));

        Assert.Contains("is not empty", _error.ToString(), StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Model));
    }

    private Task<int> RunAsync(params string[] arguments)
    {
        var isNamed = !arguments[0].StartsWith('-');
        List<string> all =
        [
            "lm",
            isNamed ? arguments[0] : Model,
            .. isNamed ? arguments[1..] : arguments,
            "--threads",
            "1",
            "--home",
            _folder,
        ];
        (string Name, string Value)[] defaults =
        [
            ("--hidden", "32"),
            ("--layers", "2"),
            ("--heads", "4"),
            ("--window", "64"),
            ("--segment", "32"),
            ("--segments", "4"),
        ];
        all.AddRange(
            defaults.Where(one => !arguments.Contains(one.Name)).SelectMany(one => (string[])[one.Name, one.Value])
        );
        return CommandLine.RunAsync([.. all], _output, _error);
    }
}
