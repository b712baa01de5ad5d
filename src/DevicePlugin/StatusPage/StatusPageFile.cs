using System.Text;

namespace DevicePlugin.StatusPage;

/// <summary>The page: one file with its style and its script, built into the executable.</summary>
internal static class StatusPageFile
{
    private const string Placeholder = "{{nonce}}";

    private static readonly Lazy<string[]> Parts = new(() =>
    {
        using var stream = typeof(StatusPageFile).Assembly.GetManifestResourceStream("status.html")!;
        return new StreamReader(stream, Encoding.UTF8).ReadToEnd().Split(Placeholder);
    });

    /// <summary>Only what carries the nonce runs, and it talks to nobody but the listener it came from.</summary>
    public static string PolicyFor(string nonce) =>
        $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static byte[] WithNonce(string nonce) => Encoding.UTF8.GetBytes(string.Join(nonce, Parts.Value));
}
