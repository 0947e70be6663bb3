"""Makes small documents of every format with several producers, and the text that each must yield.

    /usr/bin/python3 tools/formats/make_samples.py OUT

needs pandoc, LibreOffice (writer, calc, impress), groff, ghostscript, qpdf, procmail, ffmpeg, npm, and Debian's
python3-docx, -openpyxl, -ebooklib, -reportlab, -nbformat. A producer that is missing is left out, and said. The text is
written here.
"""

import email.message
import email.policy
import html
import io
import json
import mailbox
import pathlib
import shutil
import subprocess
import sys
import tempfile

TITLE = "Care of the Orlop Pump"

CHAPTERS = [
    (
        "Daily inspection",
        [
            "Look at the gland every morning before the pump is started. A gland that weeps one drop in ten seconds is "
            "in order; a gland that is dry will score the shaft within a week.",
            "The pressure gauge must read between 3.2 and 3.8 bar. Below 3.2 bar the foot valve is fouled, most often "
            "by eelgrass, and is cleared with the long bronze hook.",
        ],
    ),
    (
        "Quarterly service",
        [
            "Drain the casing, take off the inspection cover and measure the clearance of the impeller with a feeler "
            "gauge. Replace the wear ring when the clearance exceeds 0.45 millimeters.",
            "Grease for the thrust bearing is Calypsol H433. Never mix it with lithium grease, because the mixture "
            "hardens at 40 degrees.",
        ],
    ),
    (
        "Winter storage",
        [
            "Fill the casing with propylene glycol. Ethylene glycol is forbidden aboard since the spring of 2019, "
            "when the ship's cat was poisoned.",
            "Hang the tag that names the harbormaster's telephone on the starter: extension 7714.",
        ],
    ),
]

TABLE = [
    ["Part", "Number", "Shelf"],
    ["Wear ring", "WR-2207", "B4"],
    ["Gland packing", "GP-0093", "C1"],
    ["Foot valve", "FV-5150", "A9"],
]

MARKDOWN = (
    f"% {TITLE}\n\n"
    + "\n\n".join(f"# {head}\n\n" + "\n\n".join(paragraphs) for head, paragraphs in CHAPTERS)
    + "\n\n# Spare parts\n\n"
    + "\n".join("| " + " | ".join(row) + " |" + ("\n|---|---|---|" if i == 0 else "") for i, row in enumerate(TABLE))
    + "\n\n```python\ndef clearance(outer, inner):\n    return (outer - inner) / 2\n```\n"
)


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=300, **options)


def office(source, kind, out):
    """Converts with LibreOffice."""
    with tempfile.TemporaryDirectory() as folder:
        run("soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", kind,
            "--outdir", folder, source)
        made = pathlib.Path(folder) / (pathlib.Path(source).stem + "." + kind.split(":")[0])
        shutil.copy(made, out)


def pandoc_files(out):
    source = out / "source.md"
    source.write_text(MARKDOWN)
    for name, options in {
        "pandoc.docx": [], "pandoc.pptx": ["--slide-level=1"], "pandoc.epub": [], "pandoc.html": ["-s"],
        "pandoc.ipynb": [], "pandoc.odt": [],
    }.items():
        run("pandoc", source, *options, "-o", out / name)


def office_files(out):
    office(out / "pandoc.docx", "docx:MS Word 2007 XML", out / "libreoffice.docx")
    office(out / "pandoc.docx", "pdf", out / "libreoffice.pdf")
    office(out / "pandoc.docx", "epub", out / "libreoffice.epub")
    office(out / "pandoc.docx", "odt", out / "libreoffice.odt")
    office(out / "pandoc.docx", "html:HTML (StarWriter)", out / "libreoffice.html")
    office(out / "pandoc.pptx", "pptx:Impress MS PowerPoint 2007 XML", out / "libreoffice.pptx")
    csv = out / "source.csv"
    csv.write_text("\n".join(",".join(row) for row in TABLE) + "\nInstalled,2019-04-17,3.5\n")
    office(csv, "xlsx:Calc MS Excel 2007 XML", out / "libreoffice.xlsx")


def groff_files(out):
    """A page of two columns: the third paragraph of the left one comes before the first of the right one."""
    paragraphs = [paragraph for _, paragraphs in CHAPTERS for paragraph in paragraphs]
    source = ".TL\n" + TITLE + "\n.2C\n" + "".join(f".PP\n{paragraph}\n" for paragraph in paragraphs * 4)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "source.ms"
        path.write_text(source)
        with open(out / "groff-columns.pdf", "wb") as made:
            subprocess.run(["groff", "-ms", "-Tpdf", str(path)], check=True, stdout=made, stderr=subprocess.DEVNULL)


def reportlab_files(out):
    from reportlab.pdfgen import canvas

    page = canvas.Canvas(str(out / "reportlab.pdf"), invariant=1)
    for head, paragraphs in CHAPTERS:
        page.setFont("Helvetica-Bold", 14)
        page.drawString(72, 760, head)
        page.setFont("Times-Roman", 11)
        y = 730
        for paragraph in paragraphs:
            line = ""
            for word in paragraph.split() + [None]:
                if word is None or page.stringWidth(f"{line} {word}", "Times-Roman", 11) > 440:
                    page.drawString(72, y, line)
                    y, line = y - 14, word or ""
                else:
                    line = f"{line} {word}".strip()
            y -= 10
        page.showPage()
    page.save()


def ghostscript_files(out):
    run("qpdf", "--encrypt", "secret", "owner", "256", "--", out / "reportlab.pdf", out / "encrypted.pdf")
    with tempfile.TemporaryDirectory() as folder:
        run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfimage8", "-r50", f"-sOutputFile={out}/scanned.pdf",
            out / "reportlab.pdf", cwd=folder)
        run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite", f"-sOutputFile={out}/ghostscript.pdf",
            out / "libreoffice.pdf", cwd=folder)


def docx_files(out):
    import docx

    document = docx.Document()
    document.add_heading(TITLE, 0)
    for head, paragraphs in CHAPTERS:
        document.add_heading(head, 1)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    table = document.add_table(rows=0, cols=3)
    for row in TABLE:
        for cell, text in zip(table.add_row().cells, row):
            cell.text = text
    document.save(out / "python-docx.docx")


def xlsx_files(out):
    import datetime

    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Spare parts"
    for row in TABLE:
        sheet.append(row)
    log = book.create_sheet("Log")
    log.append(["Date", "Clearance", "Remark"])
    for i in range(60):
        log.append([datetime.date(2024, 1, 1) + datetime.timedelta(days=i), 0.3 + i / 400, f"Reading {i + 1}"])
    book.save(out / "openpyxl.xlsx")


def epub_files(out):
    from ebooklib import epub

    book = epub.EpubBook()
    book.set_identifier("orlop")
    book.set_title(TITLE)
    book.set_language("en")
    book.add_author("The crew")
    chapters = []
    for i, (head, paragraphs) in enumerate(CHAPTERS):
        chapter = epub.EpubHtml(title=head, file_name=f"chapter{i + 1}.xhtml")
        chapter.content = f"<h1>{head}</h1>" + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        book.add_item(chapter)
        chapters.append(chapter)
    book.toc = chapters
    book.spine = ["nav", *chapters]
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    epub.write_epub(str(out / "ebooklib.epub"), book)


def notebook_files(out):
    import nbformat

    v4 = nbformat.v4
    book = v4.new_notebook(metadata={"language_info": {"name": "python"}})
    for head, paragraphs in CHAPTERS:
        book.cells.append(v4.new_markdown_cell(f"# {head}\n\n" + "\n\n".join(paragraphs)))
    book.cells.append(
        v4.new_code_cell("(12.9 - 12.0) / 2", outputs=[v4.new_output("execute_result", {"text/plain": "0.45"}, execution_count=1)])
    )
    book.cells.append(
        v4.new_code_cell("print('wear ring')", outputs=[v4.new_output("stream", name="stdout", text="wear ring\n")])
    )
    nbformat.write(book, str(out / "nbformat.ipynb"))


def mail_files(out):
    def message(number, head, paragraphs, as_html):
        mail = email.message.EmailMessage(policy=email.policy.SMTP)
        mail["From"] = "Mate Ångström <mate@example.org>"
        mail["To"] = "crew@example.org"
        mail["Subject"] = f"Über {head}"
        mail["Date"] = f"Mon, 0{number} Apr 2024 09:30:00 +0200"
        mail["Message-ID"] = f"<{number}@example.org>"
        mail.set_content("\n\n".join(paragraphs))
        if as_html:
            mail.set_content("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs), subtype="html")
        mail.add_attachment("shelf B4\n", filename="list.txt")
        return mail

    messages = [message(i + 1, *chapter, i == 1) for i, chapter in enumerate(CHAPTERS)]
    (out / "python.eml").write_bytes(messages[1].as_bytes())
    path = out / "python.mbox"
    path.unlink(missing_ok=True)
    box = mailbox.mbox(str(path))
    for mail in messages:
        box.add(mail)
    box.close()


def procmail_files(out):
    """A mailbox as a delivery agent writes it, one message after the other."""
    box = (out / "procmail.mbox").resolve()
    box.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "rules"
        rules.write_text(f":0:\n{box}\n")
        for mail in mailbox.mbox(str(out / "python.mbox")):
            run("procmail", "-f", "mate@example.org", "-m", rules, input=mail.as_bytes())


def ffmpeg_files(out):
    run("ffmpeg", "-y", "-i", out / "script.srt", out / "ffmpeg.vtt")
    run("ffmpeg", "-y", "-i", out / "script.vtt", out / "ffmpeg.srt")


NODE = """
import {writeFileSync} from "node:fs";
import nodemailer from "nodemailer";
import {stringifySync} from "subtitle";
const [out, cues, head, ...paragraphs] = JSON.parse(process.argv[1]);
for (const [format, name] of [["WebVTT", "vtt"], ["SRT", "srt"]]) {
  const nodes = cues.map(([start, text]) => ({type: "cue", data: {start, end: start + 20000, text}}));
  writeFileSync(`${out}/subtitle.${name}`, stringifySync(nodes, {format}));
}
const transport = nodemailer.createTransport({streamTransport: true, buffer: true, newline: "windows"});
const sent = await transport.sendMail({
  from: "Mate Ångström <mate@example.org>", to: "crew@example.org", subject: `Über ${head}`,
  date: new Date("2024-04-02T07:30:00Z"), messageId: "<2@example.org>",
  text: paragraphs.join("\\n\\n"), html: paragraphs.map(text => `<p>${text}</p>`).join(""),
  attachments: [{filename: "list.txt", content: "shelf B4\\n"}],
});
writeFileSync(`${out}/nodemailer.eml`, sent.message);
"""


def node_files(out):
    cues = [(60_000 * i + 5000, text) for i, text in enumerate(p for _, ps in CHAPTERS for p in ps)]
    head, paragraphs = CHAPTERS[1]
    with tempfile.TemporaryDirectory() as folder:
        run("npm", "install", "--no-audit", "--no-fund", "nodemailer@7", "subtitle@4", cwd=folder)
        run("node", "--input-type=module", "-e", NODE, json.dumps([str(out.resolve()), cues, head, *paragraphs]), cwd=folder)


def timed_files(out):
    sentences = [s.strip() + "." for _, ps in CHAPTERS for p in ps for s in p.split(". ")]
    vtt, srt = ["WEBVTT", "", "NOTE made by a script", ""], []
    for i, sentence in enumerate(sentences):
        sentence = sentence.rstrip(".") + "."
        start, end = f"00:{i:02}:05", f"00:{i:02}:25"
        speaker = ("Ann", "Boris")[i % 2]
        vtt += [f"{start}.000 --> {end}.000", f"<v {speaker}>{sentence}</v>", ""]
        srt += [str(i + 1), f"{start},000 --> {end},500", f"<i>{sentence}</i>", ""]
    (out / "script.vtt").write_text("\n".join(vtt))
    (out / "script.srt").write_text("\r\n".join(srt))


def chat_files(out):
    talk = [(("Ann", "Boris")[i % 2], p) for i, p in enumerate(p for _, ps in CHAPTERS for p in ps)]
    (out / "whatsapp-ios.txt").write_text(
        "".join(f"[02/04/2024, 10:{i:02}:30] {who}: {text}\n" for i, (who, text) in enumerate(talk))
    )
    (out / "whatsapp-android.txt").write_text(
        "".join(f"02.04.24, 10:{i:02} - {who}: {text}\n" for i, (who, text) in enumerate(talk))
    )
    (out / "slack.json").write_text(
        json.dumps(
            [
                {"type": "message", "ts": f"{1712050200 + 60 * i}.000200", "user": f"U{who}",
                 "user_profile": {"real_name": who}, "text": text + " <@UAnn> &amp; <https://example.org|link>"}
                for i, (who, text) in enumerate(talk)
            ],
            indent=4,
        )
    )
    (out / "telegram.json").write_text(
        json.dumps(
            {
                "name": "Orlop", "type": "private_group", "id": 1,
                "messages": [
                    {"id": i, "type": "message", "date": f"2024-04-02T10:{i:02}:00", "from": who, "from_id": f"user{i}",
                     "text": [text[:10], {"type": "bold", "text": text[10:]}]}
                    for i, (who, text) in enumerate(talk)
                ],
            },
            indent=1, ensure_ascii=False,
        )
    )
    other_chat_layouts(out, talk)
    (out / "teams.json").write_text(
        json.dumps(
            {
                "userId": "8:ann", "conversations": [
                    {"id": "19:x", "displayName": "Orlop", "MessageList": [
                        {"id": str(i), "displayName": who, "originalarrivaltime": f"2024-04-02T10:{i:02}:00.000Z",
                         "messagetype": "RichText/Html", "content": f"<p>{text}</p>", "from": who}
                        for i, (who, text) in reversed(list(enumerate(talk)))
                    ]}
                ],
            }
        )
    )
    lines = [{"type": "summary", "summary": "The pump"}]
    for i, (who, text) in enumerate(talk):
        role = "user" if i % 2 == 0 else "assistant"
        content = text if i % 2 == 0 else [{"type": "text", "text": text},
                                           {"type": "tool_use", "name": "Bash", "input": {"command": "ls"}}]
        lines.append({"type": role, "timestamp": f"2024-04-02T10:{i:02}:00.000Z",
                      "message": {"role": role, "content": content}})
    (out / "claude.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    lines = [
        {"timestamp": f"2024-04-02T10:{i:02}:00.000Z", "type": "response_item",
         "payload": {"type": "message", "role": "user" if i % 2 == 0 else "assistant",
                     "content": [{"type": "input_text", "text": text}]}}
        for i, (who, text) in enumerate(talk)
    ]
    (out / "codex.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def other_chat_layouts(out, talk):
    """The layouts of other versions and apps: a half day's time, exports of all chats, profiles kept elsewhere, pages."""
    (out / "whatsapp-us.txt").write_text(
        "".join(f"\u200e[4/2/24, 10:{i:02}:30\u202fAM] {who}: {text}\r\n" for i, (who, text) in enumerate(talk))
    )
    (out / "slack-threads.json").write_text(
        json.dumps(
            [
                {"client_msg_id": f"{i}", "type": "message", "user": f"U0{who.upper()}", "team": "T01",
                 "ts": f"{1712050200 + 60 * i}.000200", "thread_ts": "1712050200.000200", "reply_count": 0,
                 "text": text, "blocks": [{"type": "rich_text", "elements": [
                     {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]}]}
                if i % 2 else
                {"type": "message", "subtype": "bot_message", "username": who, "bot_id": "B01",
                 "ts": f"{1712050200 + 60 * i}.000200", "text": text}
                for i, (who, text) in enumerate(talk)
            ]
        )
    )
    (out / "telegram-all.json").write_text(
        json.dumps(
            {
                "about": "Here is the data you requested.",
                "chats": {"about": "This page lists all chats.", "list": [
                    {"name": "Orlop", "type": "private_group", "id": 1, "messages": [
                        {"id": 0, "type": "service", "date": "2024-04-02T09:00:00", "actor": "Ann",
                         "actor_id": "user1", "action": "create_group", "title": "Orlop", "text": ""},
                        *({"id": i + 1, "type": "message", "date": f"2024-04-02T10:{i:02}:00",
                           "date_unixtime": f"{1712052000 + 60 * i}", "from": who, "from_id": f"user{i}", "text": text,
                           "text_entities": [{"type": "plain", "text": text}]}
                          for i, (who, text) in enumerate(talk)),
                    ]},
                ]},
            },
            indent=1, ensure_ascii=False,
        )
    )
    page = "".join(
        f"""     <div class="message default clearfix" id="message{i}">
      <div class="pull_left userpic_wrap"><div class="userpic userpic{i}"><div class="initials">{who[0]}</div></div></div>
      <div class="body">
       <div class="pull_right date details" title="02.04.2024 10:{i:02}:00 UTC+01:00">10:{i:02}</div>
       <div class="from_name">{who}</div>
       <div class="text">{html.escape(text)}</div>
      </div>
     </div>
"""
        for i, (who, text) in enumerate(talk)
    )
    (out / "telegram.html").write_text(
        f"""<!DOCTYPE html>
<html>
 <head><meta charset="utf-8"/><title>Exported Data</title><link href="css/style.css" rel="stylesheet"/></head>
 <body onload="CheckLocation();">
  <div class="page_wrap">
   <div class="page_header"><div class="content"><div class="text bold">Orlop</div></div></div>
   <div class="page_body chat_page"><div class="history">
     <div class="message service" id="message-1"><div class="body details">2 April 2024</div></div>
{page}   </div></div>
  </div>
 </body>
</html>
"""
    )


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for make in (pandoc_files, office_files, groff_files, reportlab_files, ghostscript_files, docx_files,
                 xlsx_files, epub_files, notebook_files, mail_files, procmail_files, timed_files, ffmpeg_files,
                 node_files, chat_files):
        try:
            make(out)
        except (ImportError, OSError, subprocess.SubprocessError) as error:
            print(f"{make.__name__}: left out, {error}", file=sys.stderr)


main()
