using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using DevicePlugin.GoPlugin.Handshake;

namespace DevicePlugin.GoPlugin.Client;

/// <summary>
/// What a plugin offered in its handshake line, and a host can accept. The certificate is the only one that the
/// connection may show; null without AutoMTLS.
/// </summary>
public sealed record PluginHandshake(HandshakeLine Line, X509Certificate2? ServerCertificate)
{
    // A line with a certificate has about 1,200 characters; what a stranger prints may have any number.
    private const int LongestLine = 4096;
    private const int ShownLength = 160;

    // sun_path of sockaddr_un has 108 bytes on Linux, one of them for the terminating zero.
    private const int LongestSocketPath = 107;

    internal EndPoint EndPoint => Line.Network == GoPluginProtocol.UnixNetwork
        ? new UnixDomainSocketEndPoint(Line.Address)
        : IPEndPoint.Parse(Line.Address);

    /// <exception cref="PluginException">The line breaks go-plugin's rules, or offers what was not asked for.</exception>
    internal static PluginHandshake Parse(string text, IReadOnlyList<int> offeredVersions)
    {
        var seen = Escape(text, LongestLine);
        if (!HandshakeLine.TryParse(seen, out var line, out var error))
        {
            throw new PluginException($"The plugin's first line on stdout is no handshake of go-plugin. {error}");
        }

        var problem = FindVersionProblem(line, offeredVersions) ?? FindAddressProblem(line);
        return problem is null
            ? new PluginHandshake(line, ParseCertificate(line))
            : throw Refuse(line, problem);
    }

    private static string? FindVersionProblem(HandshakeLine line, IReadOnlyList<int> offeredVersions)
    {
        if (line.CoreVersion != GoPluginProtocol.CoreVersion)
        {
            return $"offers core protocol {line.CoreVersion}, and this host speaks {GoPluginProtocol.CoreVersion}: " +
                "one of the two is too old";
        }

        if (!offeredVersions.Contains(line.ProtocolVersion))
        {
            return $"chose protocol version {line.ProtocolVersion}, and this host offered " +
                string.Join(", ", offeredVersions);
        }

        // A plugin of go-plugin's first years names no transport, which means net/rpc.
        var transport = line.Transport.Length == 0 ? "netrpc" : line.Transport;
        return transport == GoPluginProtocol.GrpcTransport
            ? null
            : $"offers the transport \"{transport}\", and this host speaks {GoPluginProtocol.GrpcTransport} only";
    }

    private static string? FindAddressProblem(HandshakeLine line) => line.Network switch
    {
        GoPluginProtocol.UnixNetwork => line.Address.Length == 0 ? "names no path of a socket"
            : Encoding.UTF8.GetByteCount(line.Address) <= LongestSocketPath ? null
            : $"names a socket by more than {LongestSocketPath} bytes, which no socket can have",
        GoPluginProtocol.TcpNetwork => IPEndPoint.TryParse(line.Address, out var endPoint) && endPoint.Port > 0
            ? null
            : $"has the TCP address \"{line.Address}\", which is not IP:port",
        _ => $"has the network \"{line.Network}\", which is neither unix nor tcp",
    };

    private static X509Certificate2? ParseCertificate(HandshakeLine line)
    {
        if (line.Certificate.Length == 0)
        {
            return null;
        }

        try
        {
            var unpadded = line.Certificate.TrimEnd('=');
            var padded = unpadded.PadRight((unpadded.Length + 3) / 4 * 4, '=');
            return X509CertificateLoader.LoadCertificate(Convert.FromBase64String(padded));
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            throw Refuse(line, $"has a sixth field that is no certificate in base64 ({exception.Message})");
        }
    }

    private static PluginException Refuse(HandshakeLine line, string problem) =>
        new($"The plugin's handshake line {problem}. The line was \"{Escape(line.ToString(), ShownLength)}\".");

    private static string Escape(string text, int limit)
    {
        var shown = text.Length > limit ? text[..limit] + "..." : text;
        return string.Concat(shown.Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()));
    }
}
