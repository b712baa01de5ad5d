using System.Text;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.GoPlugin.Handshake;
using DevicePlugin.GoPlugin.Listening;
using DevicePlugin.GoPlugin.Security;
using DevicePlugin.Tests.Fuzz;

namespace DevicePlugin.UnitTests.Fuzz;

/// <summary>Both sides of go-plugin's handshake, and what a plugin writes to its host.</summary>
internal sealed class HandshakeFuzz
{
    private const char Divider = '\u001F';

    [Test]
    public void Environment_IsReadOrRefused_AndListensOnLoopback()
    {
        var folder = Directory.CreateTempSubdirectory("fz").FullName;
        new FuzzRun(1000, $"1,2{Divider}10000{Divider}25000{Divider}s{Divider}", $"2{Divider}{Divider}{Divider}a/b{Divider}1")
        {
            Words = ["65535", "65536", new('x', 120), "../..", Divider.ToString()],
        }.RunText(text =>
        {
            var values = text.Split(Divider);
            string? Value(int index) => index < values.Length ? values[index] : null;
            try
            {
                var environment = PluginEnvironment.Read(name => name switch
                {
                    "PLUGIN_PROTOCOL_VERSIONS" => Value(0),
                    "PLUGIN_MIN_PORT" => Value(1),
                    "PLUGIN_MAX_PORT" => Value(2),
                    // Within the test's own folder, whatever the value says.
                    "PLUGIN_UNIX_SOCKET_DIR" => Path.Combine(folder, Value(3)?.Replace('/', '_').Replace("..", "_", StringComparison.Ordinal) ?? ""),
                    _ => null,
                });
                environment.ChooseVersion([2]);
                using var listener = PluginListener.Open(environment, Value(4) is { Length: > 0 } ? PluginTransport.Tcp : PluginTransport.PlatformDefault);
            }
            catch (PluginStartException exception)
            {
                FuzzRun.Require(exception.Message.Length > 0, "an exception without a message");
            }
        });
        FuzzRun.Require(Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length == 0, "a socket stays behind");
        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public void ClientCertificate_IsReadOrRefused()
    {
        using var certificate = EphemeralCertificate.Create();
        new FuzzRun(400, certificate.ExportCertificatePem()).RunText(text =>
        {
            try
            {
                MutualTls.Create(text).Dispose();
            }
            catch (PluginStartException)
            {
            }
        });
    }

    [Test]
    public void HandshakeLine_IsReadOrRefused_AndReadsBackTheSame()
    {
        using var certificate = EphemeralCertificate.Create();
        var encoded = Convert.ToBase64String(certificate.RawDataMemory.Span).TrimEnd('=');
        new FuzzRun(
            4000, "1|2|unix|/tmp/plugin123|grpc|", $"1|2|tcp|127.0.0.1:10000|grpc|{encoded}", $"1|2|unix|/tmp/p|grpc|{encoded}|true")
        {
            Words = ["|", "||||||", "netrpc", "[::1]:80", "127.0.0.1:0", "0.0.0.0:65536", new('x', 120), "false"],
        }.RunText(text =>
        {
            if (HandshakeLine.TryParse(text, out var line, out _))
            {
                FuzzRun.Require(HandshakeLine.TryParse(line.ToString(), out var again, out _) && again == line, "the line does not read back");
            }

            try
            {
                var handshake = PluginHandshake.Parse(text, [2]);
                FuzzRun.Require(handshake.EndPoint is not null, "no address");
                handshake.ServerCertificate?.Dispose();
            }
            catch (PluginException exception)
            {
                FuzzRun.Require(!exception.Message.Any(char.IsControl), "the message has control characters");
            }
        });
    }

    [Test]
    public void LogLine_IsALineWhateverItSays() => new FuzzRun(
        5000, """{"@level":"warn","@message":"a","@module":"m","@timestamp":"2026-11-01T00:00:00.000000Z","k":1}""", "panic: x", "text").RunText(text =>
    {
        var line = PluginLogLine.Parse(text);
        FuzzRun.Require(line.Line == text, "the line is another one");
    });

    [Test]
    public void Lines_AreCutWhereTheyEnd() => new FuzzRun(1500, "a\nb\r\n\nlast", new string('x', 70_000) + "\n").Run(input =>
    {
        var reader = new LineReader(new MemoryStream(input));
        var length = 0;
        while (reader.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } line)
        {
            FuzzRun.Require(Encoding.UTF8.GetByteCount(line) <= 3 * 64 * 1024, "a line is too long");
            length += line.Length;
        }

        FuzzRun.Require(length <= input.Length, "more was read than there is");
    });
}
