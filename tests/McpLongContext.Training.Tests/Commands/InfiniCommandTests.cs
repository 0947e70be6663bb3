using System.Security.Cryptography;
using System.Xml.Linq;
using McpLongContext.Inference.Decoders;
using McpLongContext.LongAttention.InfiniAttention;
using McpLongContext.Training.Commands;

namespace McpLongContext.Training.Tests.Commands;

/// <summary>The command as a user runs it, on a random model of a few thousand parameters.</summary>
public sealed class InfiniCommandTests : IDisposable
{
    private readonly StoryModel _model = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string RunFolder => _model.PathOf("run");

    private string Adapter => Path.Combine(_model.Folder, InfiniAdapter.FileName);

    public void Dispose()
    {
        _model.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task An_adapter_is_put_into_the_models_folder_and_the_engine_reads_it()
    {
        Assert.Equal(0, await RunAsync("--steps", "3", "--evaluate-every", "2"));

        var adapter = Load(Adapter);
        Assert.Equal((UpdateRule.Linear, 128, 8), (adapter.Rule, adapter.SegmentTokens, adapter.Changes.Count));
        Assert.Contains("3 steps", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal([1, 2, 2, 3, 3], RunMetrics.NumbersOf(RunMetrics.Of(RunFolder)));
        Assert.Equal("svg", XDocument.Load(Path.Combine(RunFolder, "training.svg")).Root!.Name.LocalName);
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("delta")]
    public async Task A_training_that_was_broken_off_ends_as_if_it_had_not_been(string rule)
    {
        Assert.Equal(0, await RunAsync("--steps", "4", "--rule", rule));
        var whole = File.ReadAllBytes(Adapter);

        using var stop = new CancellationTokenSource();
        // The progress line of the first step breaks it off.
        var code = await CommandLine.RunAsync(
            Arguments(_model.PathOf("broken"), "--steps", "4", "--rule", rule),
            _output,
            new InterruptingWriter("step 1/4,", stop),
            stop.Token
        );
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.Equal(0, await RunAsync("--steps", "4", "--rule", rule, "--run", _model.PathOf("broken")));

        Assert.Equal(whole, File.ReadAllBytes(Adapter));
    }

    [Fact]
    public async Task A_training_that_ended_goes_on_with_more_steps()
    {
        Assert.Equal(0, await RunAsync("--steps", "1"));
        Assert.Equal(0, await RunAsync("--steps", "2"));
        Assert.Contains("continuing after step 1", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_that_begins_anew_measures_anew()
    {
        Assert.Equal(0, await RunAsync("--steps", "2"));
        File.Delete(Path.Combine(RunFolder, "checkpoint.zip"));

        Assert.Equal(0, await RunAsync("--steps", "1"));

        Assert.Equal([1, 1], RunMetrics.NumbersOf(RunMetrics.Of(RunFolder)));
    }

    [Fact]
    public async Task A_training_begins_with_another_adapter()
    {
        Assert.Equal(0, await RunAsync("--steps", "2"));
        var first = Path.Combine(_model.Home, "first.safetensors");
        File.Copy(Adapter, first);
        string[] barely = ["--steps", "1", "--learning-rate", "1e-9", "--gate-rate", "1e-9"];

        Assert.Equal(0, await RunAsync(["--start", first, "--run", _model.PathOf("second"), .. barely]));

        var (before, after) = (Load(first), Load(Adapter));
        for (var layer = 0; layer < 2; layer++)
        {
            Assert.All(
                before.Gates.Of(layer).ToArray().Zip(after.Gates.Of(layer).ToArray()),
                gate => Assert.Equal(gate.First, gate.Second, 1e-5f)
            );
        }

        Assert.Equal(before.Changes[0].Up.ToArray(), after.Changes[0].Up.ToArray());
    }

    [Fact]
    public async Task An_adapter_of_a_higher_rank_is_no_beginning()
    {
        Assert.Equal(0, await RunAsync("--steps", "1"));
        string[] arguments = ["--steps", "1", "--start", Adapter, "--run", _model.PathOf("second")];

        Assert.Equal(ExitCode.Failed, await RunAsync([.. arguments, "--rank", "1"]));

        Assert.Contains("rank 2 found, expected at most 1", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_of_a_higher_rank_begins_with_the_same_change()
    {
        Assert.Equal(0, await RunAsync("--steps", "2"));
        var first = Path.Combine(_model.Home, "first.safetensors");
        File.Copy(Adapter, first);
        string[] barely = ["--steps", "1", "--learning-rate", "1e-9", "--gate-rate", "1e-9"];

        // alpha 8 of rank 4 scales as the default of the first training does.
        Assert.Equal(0, await RunAsync(["--start", first, "--run", _model.PathOf("second"), "--rank", "4", .. barely]));

        var (before, after) = (Load(first).Changes[0], Load(Adapter).Changes[0]);
        Assert.Equal(4, after.Rank);
        Assert.Equal(Product(before), Product(after), (x, y) => Math.Abs(x - y) < 1e-3);
    }

    [Fact]
    public async Task A_delta_adapter_begins_with_a_linear_one()
    {
        Assert.Equal(0, await RunAsync("--steps", "1"));
        string[] arguments = ["--steps", "1", "--start", Adapter, "--run", _model.PathOf("second")];

        Assert.Equal(0, await RunAsync([.. arguments, "--rule", "delta"]));

        Assert.Equal(UpdateRule.Delta, Load(Adapter).Rule);
    }

    [Fact]
    public async Task Training_begins_at_the_level_of_the_first_task()
    {
        Assert.Equal(0, await RunAsync("--steps", "6", "--batch", "8", "--task", "needle=3", "language=1"));

        var lines = RunMetrics.Of(RunFolder);
        Assert.All(lines, line => Assert.Equal(1, line.GetProperty("level").GetInt32()));
        Assert.Contains(
            lines,
            line => line.TryGetProperty("shares", out var shares) && shares.TryGetProperty("needle", out _)
        );
    }

    [Fact]
    public async Task A_loss_that_is_no_number_stops_it_and_says_the_step()
    {
        Assert.Equal(ExitCode.Failed, await RunAsync("--steps", "60", "--learning-rate", "1e30"));
        Assert.Matches(@"step \d+: the loss is no number\. .* lower --learning-rate", _error.ToString());
        Assert.False(File.Exists(Adapter));
    }

    [Fact]
    public async Task A_checkpoint_of_another_model_is_refused_and_kept()
    {
        Assert.Equal(0, await RunAsync("--steps", "1"));
        var checkpoint = Path.Combine(RunFolder, "checkpoint.zip");
        var before = File.ReadAllBytes(checkpoint);
        using var other = new StoryModel(seed: 2);

        Assert.Equal(ExitCode.Failed, await RunAsync(other.Folder, "--steps", "1"));

        Assert.Contains("is of another model", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(checkpoint));
    }

    [Fact]
    public async Task A_checkpoint_that_is_damaged_or_of_another_adapter_is_named()
    {
        Assert.Equal(0, await RunAsync("--steps", "1"));
        Assert.Equal(ExitCode.Failed, await RunAsync("--steps", "1", "--rank", "3"));
        Assert.Contains(
            "rank 2, alpha 32, segments of 128, not rule Linear, rank 3",
            _error.ToString(),
            StringComparison.Ordinal
        );
        var checkpoint = Path.Combine(RunFolder, "checkpoint.zip");
        File.WriteAllBytes(checkpoint, File.ReadAllBytes(checkpoint)[..500]);

        Assert.Equal(ExitCode.Failed, await RunAsync("--steps", "1"));

        Assert.Contains("checkpoint.zip cannot be continued", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--segment 200", "--segment 200: expected 32 to 128, the window of the model")]
    [InlineData("--task riddles", "--task riddles: unknown; expected one of pass-key, needle")]
    [InlineData("--task pass-key=-1", "--task pass-key=-1: '-1' found, expected a weight above 0")]
    [InlineData("--task needle needle=2", "--task needle: found twice, expected each task once.")]
    [InlineData("--task language", "--task: the first one decides")]
    [InlineData("--rank 0", "--rank 0: expected a number above 0")]
    [InlineData("--own-tokens 0", "the corpus is empty")]
    [InlineData("--corpus /nowhere/at/all", "--corpus /nowhere/at/all: not found")]
    [InlineData("--task pass-key sentence-facts", "sentence-facts: no sentence of 6 to 16 words found in the corpus")]
    public async Task What_is_wrong_is_named(string arguments, string message)
    {
        Assert.Equal(ExitCode.Failed, await RunAsync(["--steps", "1", .. arguments.Split(' ')]));
        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_does_not_exist_or_is_none_is_named()
    {
        Assert.Equal(ExitCode.Failed, await RunAsync("nothing", "--home", _model.Home));
        Assert.Contains("There is no model 'nothing'. Installed: none.", _error.ToString(), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_model.Folder, "story.bin"), "no model");

        Assert.Equal(ExitCode.Failed, await RunAsync("--steps", "1"));

        Assert.Contains("story.bin", _error.ToString(), StringComparison.Ordinal);
    }

    /// <summary>B A, [outputs, inputs].</summary>
    private static float[] Product(LoraAdapter change)
    {
        var (down, up, rank) = (change.Down.ToArray(), change.Up.ToArray(), change.Rank);
        var (outputs, inputs) = (up.Length / rank, down.Length / rank);
        return
        [
            .. Enumerable
                .Range(0, outputs * inputs)
                .Select(i =>
                    Enumerable.Range(0, rank).Sum(j => up[(i / inputs * rank) + j] * down[(j * inputs) + (i % inputs)])
                ),
        ];
    }

    private InfiniAdapter Load(string path)
    {
        var weights = File.ReadAllBytes(Path.Combine(_model.Folder, "story.bin"));
        var identity = Convert.ToHexStringLower(SHA256.HashData(weights));
        return InfiniAdapter.Load(path, DecoderConfig.Load(_model.Folder), identity);
    }

    private Task<int> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync(Arguments(RunFolder, arguments), _output, _error);

    /// <summary>A later option of the same name would be an error: what is given replaces the default.</summary>
    private string[] Arguments(string run, params string[] given)
    {
        var model = given.Length > 0 && !given[0].StartsWith('-') ? given[0] : _model.Folder;
        var rest = model == _model.Folder ? given : given[1..];
        List<string> all = ["infini", model, "--threads", "1", .. rest];
        (string Name, string Value)[] defaults =
        [
            ("--run", run),
            ("--segment", "128"),
            ("--rank", "2"),
            ("--batch", "2"),
            ("--own-tokens", "400"),
        ];
        foreach (var (name, value) in defaults)
        {
            if (!rest.Contains(name))
            {
                all.AddRange([name, value]);
            }
        }

        return [.. all];
    }
}
