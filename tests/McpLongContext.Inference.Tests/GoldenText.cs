using System.Text;

namespace McpLongContext.Inference.Tests;

internal static class GoldenText
{
    /// <summary>A JSON string with the lone surrogates that <see cref="System.Text.Json.JsonElement.GetString"/> refuses.</summary>
    public static string Unescape(string raw)
    {
        var text = new StringBuilder(raw.Length);
        for (var i = 1; i < raw.Length - 1; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            i++;
            if (raw[i] == 'u')
            {
                text.Append((char)Convert.ToInt32(raw.Substring(i + 1, 4), 16));
                i += 4;
            }
            else
            {
                text.Append("\b\f\n\r\t\"\\/"["bfnrt\"\\/".IndexOf(raw[i], StringComparison.Ordinal)]);
            }
        }

        return text.ToString();
    }
}
