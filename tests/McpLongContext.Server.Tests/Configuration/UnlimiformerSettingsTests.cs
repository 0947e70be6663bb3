using McpLongContext.Context.Contracts;
using McpLongContext.LongAttention.Unlimiformer.Reading;
using McpLongContext.LongAttention.Unlimiformer.Selection;
using McpLongContext.Server.Configuration;
using Microsoft.Extensions.Configuration;

namespace McpLongContext.Server.Tests.Configuration;

public sealed class UnlimiformerSettingsTests
{
    [Fact]
    public void What_nobody_set_is_off_and_on_the_processor()
    {
        var options = Read([]);
        Assert.False(options.Enabled);
        Assert.Equal("reread", options.Mode);
        Assert.Null(options.LayerBegin);
        Assert.Null(options.ContextWindowSize);
        Assert.True(options.Knn);
        Assert.True(options.UseDatastore);
        Assert.Equal(999_999, options.EvalMaxSourceLength);
        Assert.Equal(["cpu"], options.IndexDevices);
        Assert.Empty(options.Warnings);
    }

    [Fact]
    public void The_shipped_file_says_the_defaults()
    {
        var shipped = UnlimiformerSettings.Read(Settings.Load(), []);
        Assert.Equal(new UnlimiformerOptions() with { IndexDevices = shipped.IndexDevices }, shipped);
        Assert.Equal(["cpu"], shipped.IndexDevices);
    }

    [Fact]
    public void All_keys_are_read_and_the_command_line_wins()
    {
        var options = Read(
            [
                new("Unlimiformer:enabled", "true"),
                new("Unlimiformer:mode", "per_layer"),
                new("Unlimiformer:LAYER_BEGIN", "6"), // as the environment writes it
                new("Unlimiformer:context_window_size", "512"),
                new("Unlimiformer:knn", "false"),
                new("Unlimiformer:use_datastore", "false"),
                new("Unlimiformer:eval_max_source_length", "1000"),
            ],
            "layer_begin=8",
            "knn=true"
        );
        Assert.True(options.Enabled);
        Assert.Equal(8, options.LayerBegin);
        Assert.IsType<PerLayerMode>(options.ReadingMode);
        Assert.Equal(512, options.ContextWindowSize);
        Assert.True(options.Knn);
        Assert.False(options.UseDatastore);
        Assert.Equal(1000, options.EvalMaxSourceLength);
    }

    [Fact]
    public void Devices_are_those_that_are_switched_on()
    {
        var named = Read(
            [new("Unlimiformer:index_devices:0", "cpu"), new("Unlimiformer:index_devices:1", "cuda:1")],
            "gpu_datastore=true",
            "gpu_index=true",
            "datastore_device=cuda:2"
        );
        Assert.Equal(["cuda:1"], named.ScanDevices);
        Assert.Equal("cuda:2", named.KeyDevice);
        Assert.Empty(named.Warnings);

        var unnamed = Read([], "gpu_datastore=true", "gpu_index=true");
        Assert.Equal(["cuda:0"], unnamed.ScanDevices);
        Assert.Equal("cuda:0", unnamed.KeyDevice);

        var off = Read([], "datastore_device=cuda:0", "index_devices=cuda:0,cuda:1");
        Assert.Empty(off.ScanDevices);
        Assert.Null(off.KeyDevice);
        Assert.Equal(
            ["index_devices: cuda:0", "index_devices: cuda:1", "datastore_device: cuda:0"],
            off.Warnings.Select(warning => warning.Split(" is not used while ")[0]["Unlimiformer:".Length..])
        );
    }

    [Theory]
    [InlineData("reread", KeyDepth.Selection)]
    [InlineData("heads", KeyDepth.Full)]
    [InlineData("per_layer", KeyDepth.Full)]
    public void Memories_keep_what_the_mode_reads(string mode, KeyDepth depth)
    {
        Assert.Equal(depth, Read([], $"mode={mode}").Depth);
        Assert.Equal(KeyDepth.Selection, Read([], $"mode={mode}", "knn=false").Depth);
    }

    [Theory]
    [InlineData("layer_begin=-1", "Unlimiformer:layer_begin: '-1' found, expected a whole number from 0 on")]
    [InlineData("context_window_size=all", "Unlimiformer:context_window_size: 'all' found")]
    [InlineData("knn=maybe", "Unlimiformer:knn: 'maybe' found, expected true or false")]
    [InlineData("mode=guess", "mode: 'guess' is no way to read a memory; use reread or heads or per_layer")]
    [InlineData("layers=3", "there is no setting 'layers'; use enabled, mode, layer_begin")]
    [InlineData("knn", "--unlimiformer: 'knn' found, expected KEY=VALUE")]
    public void What_is_no_setting_is_told_with_the_remedy(string setting, string message)
    {
        var error = Assert.Throws<ContextException>(() => Read([], setting));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static UnlimiformerOptions Read(KeyValuePair<string, string?>[] settings, params string[] commandLine) =>
        UnlimiformerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), commandLine);
}
