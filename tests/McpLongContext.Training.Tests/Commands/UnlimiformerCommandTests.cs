using System.Text.Json;
using System.Xml.Linq;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Proof;
using McpLongContext.Training.Commands;

namespace McpLongContext.Training.Tests.Commands;

/// <summary>Encoder-decoders of a few thousand parameters, trained as a user does.</summary>
public sealed class UnlimiformerCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("unlimiformer-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Model => Path.Combine(_folder, "new-model");

    private string Weights => Path.Combine(Model, "model.safetensors");

    private string RunFolder => Model + ".training";

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("bart")]
    public async Task A_trained_folder_is_installed_as_a_model(string family)
    {
        Assert.Equal(0, await RunAsync("--family", family, "--steps", "2", "--unlimiformer-training"));

        var installed = new InstalledModel(Model, new ModelEntry("new-model", Model, []));
        var (report, purpose) = new ModelProof(Precision.Float32, Precision.Float32).Run(installed);
        Assert.Equal((family, 32, ModelEntry.EncoderDecoder), (report.Family, report.Window, purpose));
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public async Task Every_step_says_what_was_retrieved_and_how_long_it_took()
    {
        Assert.Equal(0, await RunAsync("--steps", "3", "--evaluate-every", "2", "--unlimiformer-training"));

        var steps = RunMetrics.Steps(RunFolder);
        Assert.Equal([1, 2, 3], RunMetrics.NumbersOf(steps));
        Assert.All(steps, line => Assert.InRange(line.GetProperty("search_seconds").GetDouble(), 1e-9, 10));
        Assert.All(
            steps,
            line => Assert.InRange(line.GetProperty("shares").GetProperty("gold retrieved").GetDouble(), 0, 1)
        );
        Assert.Equal([2, 3], RunMetrics.NumbersOf(RunMetrics.Evaluations(RunFolder)));
        Assert.Equal("svg", XDocument.Load(Path.Combine(RunFolder, "training.svg")).Root!.Name.LocalName);
        Assert.Contains("100 tokens: exact, Unlimiformer", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false, false)]
    [InlineData("--unlimiformer-training", true, true)]
    [InlineData("--random-unlimiformer-training", false, false)]
    [InlineData("--alternating", true, false)]
    [InlineData("--unlimiformer-training --random-unlimiformer-training", true, false)]
    public async Task A_mode_says_which_steps_retrieve(string mode, bool first, bool second)
    {
        Assert.Equal(0, await RunAsync(["--steps", "2", .. mode.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));

        Assert.Equal([first, second], RunMetrics.Retrieves(RunFolder));
    }

    [Theory]
    [InlineData("--unlimiformer-training")]
    [InlineData("--random-unlimiformer-training")]
    public async Task A_training_that_was_broken_off_ends_as_if_it_had_not_been(string mode)
    {
        Assert.Equal(0, await RunAsync("--steps", "4", mode));
        var whole = File.ReadAllBytes(Weights);
        Directory.Delete(Model, recursive: true);
        Directory.Delete(RunFolder, recursive: true);

        using var stop = new CancellationTokenSource();
        // The progress line of the first step breaks it off.
        var code = await CommandLine.RunAsync(
            Arguments("--steps", "4", mode),
            _output,
            new InterruptingWriter("step 1/4,", stop),
            stop.Token
        );
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.Equal(0, await RunAsync("--steps", "4", mode));

        Assert.Contains("continuing after step 1", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(whole, File.ReadAllBytes(Weights));
    }

    [Fact]
    public async Task A_training_begins_with_another_model()
    {
        Assert.Equal(0, await RunAsync("--steps", "2"));
        var first = Path.Combine(_folder, "first");
        Directory.Move(Model, first);

        Assert.Equal(
            0,
            await RunAsync("--start", first, "--steps", "1", "--learning-rate", "1e-12", "--run", first + ".run")
        );

        Assert.Equal(
            File.ReadAllBytes(Path.Combine(first, "config.json")),
            File.ReadAllBytes(Path.Combine(Model, "config.json"))
        );
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(first, "model.safetensors")).Length,
            File.ReadAllBytes(Weights).Length
        );
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
                    JsonSerializer.Serialize(
                        new { document = $"A cat sat on the mat. Number {i}. A dog sat.", summary = $"number {i}" }
                    )
                )
        );

        // Options of generated documents say nothing of pairs.
        string[] arguments = ["--pairs", pairs, "--steps", "2", "--alternating", "--max-source", "99"];
        Assert.Equal(0, await RunAsync(arguments));

        Assert.InRange(RunMetrics.HeldOut(RunFolder, "ROUGE-L, Unlimiformer"), 0, 1);
    }

    [Theory]
    [InlineData("--window 8", "--window 8: expected 16 or more")]
    [InlineData("--heads 5", "--hidden 16 --heads 5: expected a width that the heads divide")]
    [InlineData("--family gpt", "--family gpt: expected t5 or bart")]
    [InlineData("--longest 50", "--longest 50: expected 100 (--shortest) to 16384 (--max-source)")]
    [InlineData("--max-source 99", "--longest 100: expected 100 (--shortest) to 99 (--max-source)")]
    [InlineData("--longest 9000", "--longest 9000: expected 5184 at most, a pair for each of 1296 keys")]
    [InlineData("--pairs nothing.jsonl", "--pairs nothing.jsonl: cannot be read")]
    [InlineData("--start nothing", "There is no model 'nothing'")]
    [InlineData("--rank 2", "--rank: says nothing of an encoder-decoder")]
    [InlineData("--steps 0", "--steps 0: expected a number above 0")]
    [InlineData("--start nothing --hidden 32", "--hidden: expected without --start")]
    public async Task Wrong_arguments_are_named(string arguments, string message)
    {
        Assert.Equal(ExitCode.Failed, await RunAsync(arguments.Split(' ')));

        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_of_another_mode_is_not_continued()
    {
        Assert.Equal(0, await RunAsync("--steps", "1"));

        Assert.Equal(ExitCode.Failed, await RunAsync("--steps", "2", "--alternating"));

        Assert.Contains("was begun with other settings: Truncation", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_of_another_shape_is_not_continued()
    {
        Assert.Equal(0, await RunAsync("--steps", "1"));

        Assert.Equal(ExitCode.Failed, await RunAsync("--steps", "2", "--hidden", "32"));

        Assert.Contains("was begun with EncoderDecoderShape", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loss_that_is_no_number_ends_the_training_by_name()
    {
        Assert.Equal(ExitCode.Failed, await RunAsync("--steps", "30", "--learning-rate", "1e30"));

        Assert.Contains("the loss is no number", _error.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync(Arguments(arguments), _output, _error);

    private string[] Arguments(params string[] arguments)
    {
        List<string> all = ["unlimiformer", Model, .. arguments, "--threads", "1", "--home", _folder];
        (string Name, string Value)[] defaults =
        [
            ("--hidden", "16"),
            ("--layers", "2"),
            ("--heads", "2"),
            ("--window", "32"),
            ("--shortest", "100"),
            ("--longest", "100"),
            ("--asked-keys", "2"),
        ];
        all.AddRange(
            defaults
                // A model that training begins with has a shape of its own.
                .Skip(arguments.Contains("--start") ? 4 : 0)
                .Where(one => !arguments.Contains(one.Name))
                .SelectMany(one => (string[])[one.Name, one.Value])
        );
        return [.. all];
    }
}
