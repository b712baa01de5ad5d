using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DevicePlugin.GoPlugin.Handshake;

/// <summary>
/// The one line that a plugin prints on stdout: <c>core|protocol|network|address|transport|certificate[|multiplex]</c>.
/// </summary>
/// <param name="CoreVersion">Version of the handshake itself; see <see cref="GoPluginProtocol.CoreVersion"/>.</param>
/// <param name="ProtocolVersion">The version of the plugin's services that was chosen.</param>
/// <param name="Address">A socket path, or <c>host:port</c>.</param>
/// <param name="Certificate">The plugin's certificate, DER in base64 without padding; empty without AutoMTLS.</param>
/// <param name="Multiplex">
/// Whether brokered connections can share this one; null when the host did not ask, since an old host takes a seventh
/// field for a part of the sixth (server.go).
/// </param>
public sealed record HandshakeLine(
    int CoreVersion,
    int ProtocolVersion,
    string Network,
    string Address,
    string Transport,
    string Certificate,
    bool? Multiplex)
{
    private const int MinimumFields = 4;

    public override string ToString()
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{CoreVersion}|{ProtocolVersion}|{Network}|{Address}|{Transport}|{Certificate}");
        return Multiplex is { } multiplex ? $"{line}|{(multiplex ? "true" : "false")}" : line;
    }

    /// <summary>Reads a line as a host does (client.go, <c>Start</c>): four fields at least, absent ones empty.</summary>
    /// <param name="error">What is wrong with the line; null when it could be read.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out HandshakeLine? line, [NotNullWhen(false)] out string? error)
    {
        line = null;
        var fields = text.Trim().Split('|');
        if (fields.Length < MinimumFields)
        {
            error = $"The handshake line \"{text}\" has {fields.Length} fields, at least {MinimumFields} are needed.";
            return false;
        }

        if (!int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var core) ||
            !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var protocol))
        {
            error = $"The versions \"{fields[0]}\" and \"{fields[1]}\" of the handshake line must be numbers.";
            return false;
        }

        bool? multiplex = null;
        if (fields.Length > 6)
        {
            if (!bool.TryParse(fields[6], out var supported))
            {
                error = $"The multiplexing field \"{fields[6]}\" of the handshake line must be true or false.";
                return false;
            }

            multiplex = supported;
        }

        error = null;
        line = new HandshakeLine(
            core, protocol, fields[2], fields[3], fields.ElementAtOrDefault(4) ?? "", fields.ElementAtOrDefault(5) ?? "",
            multiplex);
        return true;
    }
}
