using System.CommandLine;
using System.Text.Json;
using McpLongContext.Training.Bits.Benchmark;

namespace McpLongContext.Training.Commands;

/// <summary>Measures one case of <see cref="BitsBenchmarkCommand"/>, which starts it.</summary>
internal sealed class BitsMeasureCommand : Command
{
    private readonly Argument<string> _case = new("CASE");

    public BitsMeasureCommand()
        : base(BitMeterProcess.Command, "Measure one case of bits-benchmark.")
    {
        Hidden = true;
        Arguments.Add(_case);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var one = JsonSerializer.Deserialize<BitCase>(parsed.GetValue(_case)!)!;
        var measured = BitMeter.Measure(one, parsed.InvocationConfiguration.Error);
        parsed.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(measured));
        return 0;
    }
}
