using System.Globalization;
using System.Text.RegularExpressions;

namespace McpLongContext.Context.Memories.Unlimiformer;

/// <summary>Names the keys of a decoder in datastores: those of equal names are comparable.</summary>
/// <param name="Decoder">The decoder's identity, as it is stored.</param>
/// <param name="Version">The version of the key encoder.</param>
/// <param name="Layer">The layer that selects.</param>
/// <param name="KeyValueHead">The KV head that selects.</param>
/// <param name="LayerBegin">The first layer whose keys and values are stored, too; <see langword="null"/>: of
/// none.</param>
internal sealed partial record KeyName(string Decoder, int Version, int Layer, int KeyValueHead, int? LayerBegin)
{
    /// <summary>The name of a stored form; <see langword="null"/> where the text is none.</summary>
    public static KeyName? Parse(string stored)
    {
        var match = Form().Match(stored);
        return match.Success
            ? new KeyName(
                match.Groups["decoder"].Value,
                Number("version"),
                Number("layer"),
                Number("group"),
                match.Groups["begin"].Success ? Number("begin") : null
            )
            : null;

        int Number(string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>The form that is stored.</summary>
    public override string ToString() =>
        $"{Decoder};keys {Version};layer {Layer} group {KeyValueHead}"
        + (LayerBegin is { } begin ? $";values from layer {begin}" : "");

    [GeneratedRegex(
        @"\A(?<decoder>.*);keys (?<version>\d{1,9});layer (?<layer>\d{1,9}) group (?<group>\d{1,9})(?:;values from layer (?<begin>\d{1,9}))?\z",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Form();
}
