using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DevicePlugin.GoPlugin.Handshake;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace DevicePlugin.GoPlugin.Security;

/// <summary>
/// AutoMTLS: each side makes a certificate for this one launch and accepts exactly the other's.
/// </summary>
internal sealed class MutualTls : IDisposable
{
    private readonly X509Certificate2 _ours;
    private readonly X509Certificate2 _theirs;

    private MutualTls(X509Certificate2 ours, X509Certificate2 theirs)
    {
        _ours = ours;
        _theirs = theirs;
    }

    /// <summary>Our certificate for the handshake line, which is parsed with Go's RawStdEncoding: no padding.</summary>
    public string EncodedCertificate => Convert.ToBase64String(_ours.RawDataMemory.Span).TrimEnd('=');

    /// <exception cref="PluginStartException">The host's certificate cannot be read.</exception>
    public static MutualTls Create(string clientCertificatePem)
    {
        X509Certificate2 theirs;
        try
        {
            theirs = X509Certificate2.CreateFromPem(clientCertificatePem);
        }
        catch (CryptographicException ex)
        {
            throw new PluginStartException(
                $"{GoPluginProtocol.ClientCertificateVariable} is not a certificate in PEM form: {ex.Message}", ex);
        }

        return new MutualTls(EphemeralCertificate.Create(), theirs);
    }

    public HttpsConnectionAdapterOptions NewHttpsOptions() => new()
    {
        ServerCertificate = _ours,
        SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateMode = ClientCertificateMode.RequireCertificate,

        // The certificate is its own authority: neither a chain nor a revocation list could say more than equality.
        CheckCertificateRevocation = false,
        ClientCertificateValidation = (certificate, _, _) =>
            certificate.RawDataMemory.Span.SequenceEqual(_theirs.RawDataMemory.Span),
    };

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }
}
