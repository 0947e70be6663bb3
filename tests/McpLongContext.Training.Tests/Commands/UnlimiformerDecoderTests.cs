using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Proof;
using McpLongContext.Training.Commands;

namespace McpLongContext.Training.Tests.Commands;

/// <summary>A decoder of a few thousand parameters, trained for retrieval as a user does.</summary>
public sealed class UnlimiformerDecoderTests : IDisposable
{
    private readonly StoryModel _model = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Trained => _model.PathOf("trained");

    private string RunFolder => Trained + ".training";

    private string Weights => Path.Combine(Trained, "model.safetensors");

    public void Dispose()
    {
        _model.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_trained_folder_is_installed_as_a_model_and_its_setting_is_told()
    {
        Assert.Equal(0, await RunAsync("--steps", "2", "--unlimiformer-training"));

        var proof = new ModelProof(Precision.Float32, Precision.Float32);
        var store = new ModelStore(new ModelStoreOptions { Folder = _model.PathOf("models"), Proof = proof.Run });
        var installed = await store.InstallAsync(Trained, cancellation: TestContext.Current.CancellationToken);
        var (report, _) = proof.Run(installed);
        Assert.Equal(("llama", 128), (report.Family, report.Window));
        var told = _output.ToString();
        Assert.Contains("pass-key, 1024 tokens, per_layer", told, StringComparison.Ordinal);
        Assert.Contains("--unlimiformer layer_begin=1", told, StringComparison.Ordinal);
        var step = RunMetrics.Steps(RunFolder)[0];
        Assert.InRange(step.GetProperty("search_seconds").GetDouble(), 1e-9, 10);
        Assert.InRange(step.GetProperty("shares").GetProperty("gold retrieved").GetDouble(), 0, 1);
    }

    [Theory]
    [InlineData("", false, false)]
    [InlineData("--random-unlimiformer-training", false, false)]
    [InlineData("--alternating", true, false)]
    public async Task A_mode_says_which_steps_retrieve(string mode, bool first, bool second)
    {
        Assert.Equal(0, await RunAsync(["--steps", "2", .. mode.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));

        Assert.Equal([first, second], RunMetrics.Retrieves(RunFolder));
    }

    [Fact]
    public async Task A_training_that_was_broken_off_ends_as_if_it_had_not_been()
    {
        Assert.Equal(0, await RunAsync("--steps", "3", "--alternating"));
        var whole = File.ReadAllBytes(Weights);
        Directory.Delete(Trained, recursive: true);
        Directory.Delete(RunFolder, recursive: true);

        using var stop = new CancellationTokenSource();
        var code = await CommandLine.RunAsync(
            Arguments("--steps", "3", "--alternating"),
            _output,
            new InterruptingWriter("step 1/3,", stop),
            stop.Token
        );
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.Equal(0, await RunAsync("--steps", "3", "--alternating"));

        Assert.Contains("continuing after step 1", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(whole, File.ReadAllBytes(Weights));
    }

    [Theory]
    [InlineData("--layer-begin 2", "--layer-begin 2: expected 0 to 1, a layer of the model")]
    [InlineData("--task language", "--task language: expected tasks that ask something")]
    [InlineData("--task pass-key=4 needle pass-key", "--task pass-key: found twice, expected each task once.")]
    [InlineData("--pairs pairs.jsonl", "--pairs: says nothing of a decoder")]
    [InlineData("--hidden 32", "--hidden: expected without --start")]
    [InlineData("--rank 0", "--rank 0: expected a number above 0")]
    [InlineData("--corpus nothing", "--corpus nothing: not found")]
    public async Task Wrong_arguments_are_named(string arguments, string message)
    {
        Assert.Equal(ExitCode.Failed, await RunAsync(arguments.Split(' ')));

        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync(Arguments(arguments), _output, _error);

    private string[] Arguments(params string[] arguments)
    {
        string[] common = ["--start", _model.Folder, "--threads", "1", "--home", _model.Home];
        List<string> all = ["unlimiformer", Trained, .. arguments, .. common];
        (string Name, string Value)[] defaults =
        [
            ("--task", "pass-key"),
            ("--own-tokens", "256"),
            ("--step-tokens", "128"),
            ("--rank", "2"),
        ];
        all.AddRange(
            defaults.Where(one => !arguments.Contains(one.Name)).SelectMany(one => (string[])[one.Name, one.Value])
        );
        return [.. all];
    }
}
