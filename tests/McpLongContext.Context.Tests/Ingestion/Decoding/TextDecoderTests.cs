using System.Text;
using McpLongContext.Context.Ingestion.Decoding;

namespace McpLongContext.Context.Tests.Ingestion.Decoding;

public sealed class TextDecoderTests
{
    private const string Japanese = "起動時に計器を確認する。ランプが点滅したら係員を呼ぶこと。";

    public static TheoryData<string, string> Legacy =>
        new()
        {
            { "shift_jis", Japanese },
            { "euc-jp", Japanese },
            { "iso-2022-jp", Japanese },
            { "gb18030", "启动前请检查仪表。如果指示灯闪烁，请联系值班人员。" },
            { "big5", "啟動前請檢查儀表。如果指示燈閃爍，請聯絡值班人員。" },
            { "euc-kr", "시동 전에 계기를 확인하십시오. 램프가 깜박이면 담당자를 부르십시오." },
            { "windows-1251", "Перед пуском проверьте приборы. Если лампа мигает, вызовите дежурного." },
            { "koi8-r", "Перед пуском проверьте приборы. Если лампа мигает, вызовите дежурного." },
            { "ibm866", "Перед пуском проверьте приборы. Если лампа мигает, вызовите дежурного." },
            {
                "windows-1250",
                "Przed uruchomieniem sprawdź wskaźniki. Jeśli lampka świeci, wezwij dyżurnego, źle się dzieje."
            },
            {
                "iso-8859-2",
                "Przed uruchomieniem sprawdź wskaźniki. Jeśli lampka świeci, wezwij dyżurnego, źle się dzieje."
            },
            { "windows-1250", "Před spuštěním zkontrolujte přístroje. Když kontrolka bliká, zavolejte službu." },
            { "windows-1250", "Indítás előtt ellenőrizze a műszereket. Ha a lámpa villog, hívja az ügyeletest." },
            {
                "windows-1254",
                "Çalıştırmadan önce göstergeleri kontrol edin. Işık yanıp sönerse görevliyi çağırın, şalteri kapatın."
            },
            {
                "windows-1252",
                "Vor dem Start die Anzeigen prüfen. Blinkt die Lampe, den Wärter rufen – über „Leitung 7“."
            },
            {
                "windows-1252",
                "Avant le démarrage, vérifiez les témoins. Si la lampe clignote, appelez l’opérateur : c’est sûr."
            },
            {
                "macintosh",
                "Vor dem Start die Anzeigen prüfen. Blinkt die Lampe, den Wärter rufen: größte Vorsicht, schöne Grüße."
            },
            { "koi8-u", "Перед запуском перевірте прилади. Їх двоє." },
            { "ibm850", "Vérifiez les témoins avant le démarrage, ça coûte très cher." },
            { "windows-1253", "Πριν από την εκκίνηση ελέγξτε τα όργανα." },
            { "iso-8859-15", "Die Prüfung kostet 5 € und für die Größe noch 2 € mehr." },
        };

    [Theory]
    [MemberData(nameof(Legacy))]
    public void Text_from_before_Unicode_is_read_as_it_was_written(string encoding, string text)
    {
        var code = $"int start(void)\n{{\n    /* {text} */\n    return 0;\n}}\n";
        Assert.Equal(text, Decode(Bytes(encoding, text)));
        Assert.Equal(code, Decode(Bytes(encoding, code)));
    }

    [Theory]
    [InlineData("windows-1252", "naïve café")]
    [InlineData("iso-8859-2", "Možnosti")]
    public void A_few_letters_prove_no_encoding_and_the_text_says_so(string encoding, string text)
    {
        Assert.True(TextDecoder.TryDecode(Bytes(encoding, text + "\n"), out _, out var doubt, out _));
        Assert.StartsWith("encoding not certain, read as ", doubt, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_two_encodings_keep_their_meaning()
    {
        byte[] bytes =
        [
            .. Encoding.UTF8.GetBytes("Der Wärter prüft.\n"),
            .. Encoding.Latin1.GetBytes("Die Glühlampe, größer als früher, überhitzt.\n"),
            .. Encoding.UTF8.GetBytes("日本語\n"),
        ];
        Assert.Equal("Der Wärter prüft.\nDie Glühlampe, größer als früher, überhitzt.\n日本語\n", Decode(bytes));
    }

    [Fact]
    public void A_bad_byte_costs_itself_alone() =>
        Assert.Equal(
            "Grüße, schöner \uFFFD Wärter\nklar\n",
            Decode([.. Encoding.UTF8.GetBytes("Grüße, schöner "), 0xFF, .. Encoding.UTF8.GetBytes(" Wärter\nklar\n")])
        );

    [Theory]
    [InlineData("UTF-16", "Die Lampe blinkt.\nÜber sieben Bar.\n")]
    [InlineData("UTF-16", Japanese + "\n")]
    [InlineData("UTF-16BE", Japanese + "\nok\n")]
    [InlineData("UTF-16", "Проверьте приборы.\nСейчас.\n")]
    public void UTF_16_needs_no_mark(string encoding, string text) =>
        Assert.Equal(text, Decode(Encoding.GetEncoding(encoding).GetBytes(text)));

    [Fact]
    public void UTF_16_that_is_cut_or_continued_in_bytes_is_read()
    {
        var text = Encoding.Unicode.GetBytes("The lamp blinks at seven bar.\r\n");
        Assert.StartsWith("The lamp blinks at seven bar.", Decode([.. text, (byte)'\n']), StringComparison.Ordinal);
        Assert.Equal(
            "The lamp blinks at seven bar.\r\nand the keeper sleeps through it\n",
            Decode([.. Encoding.Unicode.Preamble, .. text, .. "and the keeper sleeps through it\n"u8])
        );
        Assert.Equal(
            "# lamp, a first line of plain bytes\nThe lamp blinks at seven bar.\r\n",
            Decode([.. "# lamp, a first line of plain bytes\n"u8, .. Encoding.Unicode.Preamble, .. text])
        );
    }

    [Fact]
    public void A_NUL_stands_in_a_text_and_a_gap_of_them_is_one() =>
        Assert.Equal("a ␀ b\n␀done\n", Decode([.. "a \0 b\n"u8, .. new byte[500], .. "done\n"u8]));

    [Fact]
    public void Programs_with_words_in_them_are_binary()
    {
        byte[] program =
        [
            0x7F,
            .. "ELF"u8,
            2,
            1,
            1,
            0,
            .. Enumerable.Range(0, 200).SelectMany(i => (byte[])[(byte)(i % 7), 0, 3, .. "main"u8, 0, 0x11]),
        ];
        Assert.False(TextDecoder.TryDecode(program, out _, out _, out var reason));
        Assert.Contains("binary", reason, StringComparison.Ordinal);
        Assert.False(TextDecoder.TryDecode(new byte[1000], out _, out _, out _));
    }

    private static byte[] Bytes(string encoding, string text) =>
        CodePagesEncodingProvider.Instance.GetEncoding(encoding)!.GetBytes(text);

    private static string Decode(byte[] bytes)
    {
        Assert.True(TextDecoder.TryDecode(bytes, out var text, out _, out var reason), reason);
        return text;
    }
}
