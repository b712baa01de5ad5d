using System.Text;
using DevicePlugin.Watching;

namespace DevicePlugin.UnitTests.Executable.Watching;

internal sealed class TerminalScreenTests
{
    private const string Enter = "\e[?1049h\e[?25l\e[?7l";

    private readonly MemoryStream _output = new();

    [TearDown]
    public void TearDown() => _output.SetLength(0);

    [Test]
    public void Draw_First_TakesTheAlternateScreenAndHidesTheCursor()
    {
        using var screen = new TerminalScreen(_output);

        screen.Draw(["one", "two"]);

        Assert.That(Written(), Is.EqualTo($"{Enter}\e[?2026h\e[0m\e[2J\e[1;1Hone\e[K\e[2;1Htwo\e[K\e[?2026l"));
    }

    [Test]
    public void Draw_OneLineChanged_WritesThatLineOnly()
    {
        using var screen = new TerminalScreen(_output);
        screen.Draw(["one", "two"]);
        Written();

        screen.Draw(["one", "2"]);

        Assert.That(Written(), Is.EqualTo("\e[?2026h\e[2;1H2\e[K\e[?2026l"));
    }

    [Test]
    public void Draw_NothingChanged_WritesNothing()
    {
        using var screen = new TerminalScreen(_output);
        screen.Draw(["one"]);
        Written();

        screen.Draw(["one"]);

        Assert.That(Written(), Is.Empty);
    }

    [Test]
    public void Draw_AfterInvalidate_WritesEverythingAnew()
    {
        using var screen = new TerminalScreen(_output);
        screen.Draw(["one"]);
        Written();

        screen.Invalidate();
        screen.Draw(["one"]);

        Assert.That(Written(), Does.Contain("\e[2J\e[1;1Hone"));
    }

    [Test]
    public void Dispose_AfterAFrame_GivesTheTerminalBackOnce()
    {
        var screen = new TerminalScreen(_output);
        screen.Draw(["one"]);
        Written();

        screen.Dispose();
        screen.Dispose();
        screen.Draw(["late"]);

        Assert.That(Written(), Is.EqualTo("\e[?2026l\e[0m\e[?7h\e[?25h\e[?1049l\e[?1l\e>"));
    }

    [Test]
    public void Dispose_BeforeAnyFrame_WritesNothing()
    {
        new TerminalScreen(_output).Dispose();

        Assert.That(Written(), Is.Empty);
    }

    [Test]
    public void Dispose_TerminalIsGone_DoesNotThrow()
    {
        using var terminal = new VanishingTerminal();
        var screen = new TerminalScreen(terminal);
        screen.Draw(["one"]);

        terminal.IsGone = true;

        Assert.That(() => screen.Draw(["two"]), Throws.TypeOf<IOException>());
        Assert.That(screen.Dispose, Throws.Nothing);
    }

    private string Written()
    {
        var text = Encoding.UTF8.GetString(_output.ToArray());
        _output.SetLength(0);
        return text;
    }

    private sealed class VanishingTerminal : MemoryStream
    {
        public bool IsGone { get; set; }

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (IsGone)
            {
                throw new IOException("EIO");
            }

            base.Write(buffer, offset, count);
        }

        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);
    }
}
