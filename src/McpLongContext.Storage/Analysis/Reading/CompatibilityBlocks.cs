namespace McpLongContext.Storage.Analysis.Reading;

/// <summary>
/// Blocks of Unicode whose letters and digits are others in a special form (NFKC), where the form follows no rule.
/// </summary>
internal static class CompatibilityBlocks
{
    /// <summary>
    /// The first character of a block and what each character in it stands for; a full stop for itself.
    /// </summary>
    public static readonly (char First, string Letters)[] Letters =
    [
        ('\u00AA', "a"),
        ('\u00B2', "23.μ...1o"),
        ('\u017F', "s"),
        ('\u02B0', "hɦjrɹɻʁwy"),
        ('\u02E0', "ɣlsxʕ"),
        ('\u1D2C', "AÆB.DEƎGHIJKLMN.OȢPRTUWaɐɑᴂbdeəɛɜg.kmŋoɔᴖᴗptuᴝɯvᴥβγδφχiruvβγρφχ"),
        ('\u2070', "0i..456789.....n0123456789......aeoxəhklmnpst"),
        ('\u24EA', "0"),
        (
            '\u2F00', // The radicals of Kangxi, which extractors of PDF write for ideographs.
            "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴廾弋弓彐彡彳心戈戶手支攴文斗斤方"
                + "无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸"
                + "虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵邑酉釆里金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊"
                + "齒龍龜龠"
        ),
        ('\u3220', "一二三四五六七八九十月火水木金土日株有社名特財祝労代呼学監企資協祭休自至"),
        (
            '\u3280',
            "一二三四五六七八九十月火水木金土日株有社名特財祝労秘男女適優印注項休写正上中下左右医宗学監企資協夜"
        ),
        (
            '\uF900',
            "豈更車賈滑串句龜龜契金喇奈懶癩羅蘿螺裸邏樂洛烙珞落酪駱亂卵欄爛蘭鸞嵐濫藍襤拉臘蠟廊朗浪狼郎來冷勞擄櫓爐盧老蘆虜路露魯鷺碌祿綠菉錄鹿論壟弄籠聾"
                + "牢磊賂雷壘屢樓淚漏累縷陋勒肋凜凌稜綾菱陵讀拏樂諾丹寧怒率異北磻便復不泌數索參塞省葉說殺辰沈拾若掠略亮兩凉梁糧良諒量勵呂女廬旅濾礪閭驪麗黎力曆"
                + "歷轢年憐戀撚漣煉璉秊練聯輦蓮連鍊列劣咽烈裂說廉念捻殮簾獵令囹寧嶺怜玲瑩羚聆鈴零靈領例禮醴隸惡了僚寮尿料樂燎療蓼遼龍暈阮劉杻柳流溜琉留硫紐類六"
                + "戮陸倫崙淪輪律慄栗率隆利吏履易李梨泥理痢罹裏裡里離匿溺吝燐璘藺隣鱗麟林淋臨立笠粒狀炙識什茶刺切度拓糖宅洞暴輻行降見廓兀嗀..塚.晴..凞猪益"
                + "礼神祥福靖精羽.蘒.諸..逸都...飯飼館鶴郞隷侮僧免勉勤卑喝嘆器塀墨層屮悔慨憎懲敏既暑梅海渚漢煮爫琢碑社祉祈祐祖祝禍禎穀突節練縉繁署者臭艹"
                + "艹著褐視謁謹賓贈辶逸難響頻恵.舘..並况全侀充冀勇勺喝啕喙嗢塚墳奄奔婢嬨廒廙彩徭惘慎愈憎慠懲戴揄搜摒敖晴朗望杖歹殺流滛滋漢瀞煮瞧爵犯猪瑱甆画"
                + "瘝瘟益盛直睊着磌窱節类絛練缾者荒華蝹襁覆視調諸請謁諾諭謹變贈輸遲醙鉶陼難靖韛響頋頻鬒龜...㮝䀘䀹...齃龎"
        ),
        ('\uFB1D', "י.ײעאדהכלםרת.ששששאאאבגדהוז.טיךכל.מ.נס.ףפ.צקרשתובכפא"),
        (
            '\uFF66',
            "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
        ),
    ];

    /// <summary>The same where a character stands for several, or for none: one word for each.</summary>
    public static readonly (char First, string Words)[] Words =
    [
        ('\u00BC', "1/4 1/2 3/4"),
        ('\u0132', "IJ ij"),
        ('\u013F', "L l"),
        ('\u01C4', "DZ Dz dz LJ Lj lj NJ Nj nj"),
        ('\u01F1', "DZ Dz dz"),
        ('\u0587', "եւ"),
        (
            '\u2100',
            "a/c a/s C °C . c/o c/u Ɛ . °F g H H H h ħ I I L l . N No . . P Q R R R . . SM TEL TM . Z ."
                + " Ω . Z . K Å B C . e E F . M o א ב ג ד i . FAX π γ Γ Π ∑ . . . . D d e i j . . . . . ."
        ),
        ('\u2150', "1/7 1/9 1/10 1/3 2/3 1/5 2/5 3/5 4/5 1/6 5/6 1/8 3/8 5/8 7/8 1/"),
        ('\u2160', "I II III IV V VI VII VIII IX X XI XII L C D M i ii iii iv v vi vii viii ix x xi xii l c d m"),
        (
            '\u3371',
            "hPa da AU bar oV pc dm dm2 dm3 IU 平成 昭和 大正 明治 株式会社 pA nA μA mA kA KB MB GB cal kcal pF nF "
                + "μF μg mg kg Hz kHz MHz GHz THz μl ml dl kl fm nm μm mm cm km mm2 cm2 m2 km2 mm3 cm3 m3 km3"
                + " m/s m/s2 Pa kPa MPa GPa rad rad/s rad/s2 ps ns μs ms pV nV μV mV kV MV pW nW μW mW kW MW "
                + "kΩ MΩ a.m. Bq cc cd C/kg Co. dB Gy ha HP in KK KM kt lm ln log lx mb mil mol PH p.m. PPM P"
                + "R sr Sv Wb V/m A/m"
        ),
        ('\uFB00', "ff fi fl ffi ffl st st"),
        ('\uFB13', "մն մե մի վն մխ"),
    ];

    /// <summary>Arabic letters by their place in a word: a letter, and the number of its forms.</summary>
    public static readonly (char First, string Letters)[] Arabic =
    [
        ('\uFB50', "ٱ2ٻ4پ4ڀ4ٺ4ٿ4ٹ4ڤ4ڦ4ڄ4ڃ4چ4ڇ4ڍ2ڌ2ڎ2ڈ2ژ2ڑ2ک4گ4ڳ4ڱ4ں2ڻ4ۀ2ہ4ھ4ے2ۓ2"),
        ('\uFBFC', "ی4"),
        ('\uFE80', "ء1آ2أ2ؤ2إ2ئ4ا2ب4ة2ت4ث4ج4ح4خ4د2ذ2ر2ز2س4ش4ص4ض4ط4ظ4ع4غ4ف4ق4ك4ل4م4ن4ه4و2ى2ي4"),
    ];
}
