using System.CommandLine;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Positions;
using McpLongContext.LongAttention.Positions;
using McpLongContext.Server.Output;

namespace McpLongContext.Server.Commands;

/// <summary>Gives a model another window.</summary>
internal sealed class ExpandModelCommand : ServiceCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "The model, as the list names it." };

    private readonly Option<int?> _length = CommonOptions.Number(
        "--length",
        "The window to reach, in tokens; the trained one restores the model exactly.",
        least: 1,
        most: int.MaxValue
    );

    private readonly Option<PositionMethod?> _method = new("--method")
    {
        Description =
            "linear, ntk, yarn or llama3 for rotary positions; recompute for sinusoidal ones; copy or interpolation for "
            + "learned ones. Left out: yarn, recompute, copy.",
        HelpName = "METHOD",
        CustomParser = result =>
        {
            var given = result.Tokens[0].Value;
            if (
                Enum.GetValues<PositionMethod>().FirstOrDefault(method => method.Name() == given) is var method
                && method.Name() == given
            )
            {
                return method;
            }

            var names = string.Join(", ", Enum.GetValues<PositionMethod>().Select(PositionMethods.Name));
            result.AddError($"--method: expected one of {names}, found '{given}'.");
            return null;
        },
    };

    public ExpandModelCommand(GlobalOptions global)
        : base("expand", "Give a model a longer window, or its trained one back.", global)
    {
        _length.Required = true;
        Arguments.Add(_model);
        Options.Add(_length);
        Options.Add(_method);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var report = await call.Get<ContextExtender>()
            .ExpandAsync(
                new PositionRequest(
                    call.Parsed.GetValue(_model)!,
                    call.Parsed.GetValue(_length)!.Value,
                    call.Parsed.GetValue(_method)
                ),
                cancellation
            );
        await call.WriteAsync(report, PositionText.Render);
        return CommandLine.Done;
    }
}
