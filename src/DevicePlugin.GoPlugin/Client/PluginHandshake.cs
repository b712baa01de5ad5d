using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DevicePlugin.GoPlugin.Client;

/// <summary>
/// What a plugin offered in the line it prints first on stdout, checked:
/// <c>core version|application version|network|address|protocol[|certificate[|multiplexing]]</c>.
/// The certificate is the only one that the connection may show; null without AutoMTLS.
/// </summary>
public sealed record PluginHandshake(
    int CoreVersion,
    int ProtocolVersion,
    string Network,
    string Address,
    string Protocol,
    X509Certificate2? ServerCertificate)
{
    // go-plugin's CoreProtocolVersion (client.go): the shape of this very line.
    private const int SupportedCoreVersion = 1;

    private const int ShownLength = 160;

    internal EndPoint EndPoint => Network == "unix"
        ? new UnixDomainSocketEndPoint(Address)
        : IPEndPoint.Parse(Address);

    internal static PluginHandshake Parse(string line, IReadOnlyList<int> offeredVersions)
    {
        var fields = line.Trim().Split('|');
        if (fields.Length < 4)
        {
            throw Refuse(line, $"is no handshake line: it has {fields.Length} of at least 4 fields divided by '|'");
        }

        CheckCoreVersion(line, fields[0]);
        var version = ParseVersion(line, fields[1], offeredVersions);
        CheckAddress(line, fields[2], fields[3]);

        // A plugin of go-plugin's first years prints no protocol, which means net/rpc.
        var protocol = fields.Length > 4 ? fields[4] : "netrpc";
        if (protocol != "grpc")
        {
            throw Refuse(line, $"offers the protocol '{protocol}', and this host speaks grpc only");
        }

        var certificate = fields.Length > 5 && fields[5].Length > 0 ? ParseCertificate(line, fields[5]) : null;
        return new PluginHandshake(SupportedCoreVersion, version, fields[2], fields[3], protocol, certificate);
    }

    private static void CheckCoreVersion(string line, string field)
    {
        if (!TryParseNumber(field, out var core))
        {
            throw Refuse(line, $"is no handshake line: its first field '{Show(field)}' is no core protocol version");
        }

        if (core != SupportedCoreVersion)
        {
            throw Refuse(
                line, $"offers core protocol {core}, and this host speaks {SupportedCoreVersion}: one of them is too old");
        }
    }

    private static int ParseVersion(string line, string field, IReadOnlyList<int> offered)
    {
        if (!TryParseNumber(field, out var version))
        {
            throw Refuse(line, $"has the protocol version '{Show(field)}', which is no number");
        }

        return offered.Contains(version)
            ? version
            : throw Refuse(line, $"chose protocol version {version}, and this host offered {string.Join(", ", offered)}");
    }

    private static void CheckAddress(string line, string network, string address)
    {
        var problem = network switch
        {
            "unix" when address.Length == 0 => "has no path of a socket",
            "unix" => null,
            "tcp" => IPEndPoint.TryParse(address, out var endPoint) && endPoint.Port > 0
                ? null
                : $"has the TCP address '{Show(address)}', which is not IP:port",
            _ => $"has the network '{Show(network)}', which is neither unix nor tcp",
        };
        if (problem is not null)
        {
            throw Refuse(line, problem);
        }
    }

    private static X509Certificate2 ParseCertificate(string line, string field)
    {
        try
        {
            // go-plugin writes DER in base64 without padding.
            var padded = field.TrimEnd('=');
            padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
            return X509CertificateLoader.LoadCertificate(Convert.FromBase64String(padded));
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            throw Refuse(line, $"has a sixth field that is no certificate in base64 ({exception.Message})");
        }
    }

    private static bool TryParseNumber(string field, out int number) =>
        int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static PluginException Refuse(string line, string problem) =>
        new($"The plugin's first line on stdout {problem}. The line was \"{Show(line)}\".");

    // What a stranger printed may be long and hold control characters.
    private static string Show(string text)
    {
        var shown = text.Length > ShownLength ? text[..ShownLength] + "..." : text;
        return string.Concat(shown.Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()));
    }
}
