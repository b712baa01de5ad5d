using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DevicePlugin.GoPlugin.Handshake;

namespace DevicePlugin.GoPlugin.Security;

/// <summary>A self-signed certificate with go-plugin's properties (mtls.go), for either side of AutoMTLS.</summary>
internal static class EphemeralCertificate
{
    // A plugin may run for as long as its machine; go-plugin chose 30 years.
    private static readonly TimeSpan Validity = TimeSpan.FromHours(262_980);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    public static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        var request = new CertificateRequest($"CN={GoPluginProtocol.TlsServerName}", key, HashAlgorithmName.SHA512);

        // Go accepts only a name from this extension; the common name is not looked at.
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(GoPluginProtocol.TlsServerName);
        request.CertificateExtensions.Add(names.Build());

        // The peer takes the certificate for the root of its chain, so it must be an authority too.
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.KeyAgreement |
            X509KeyUsageFlags.KeyCertSign,
            critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1", "Server Authentication"), new Oid("1.3.6.1.5.5.7.3.2", "Client Authentication")],
            critical: false));

        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now - ClockTolerance, now + Validity);
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // SChannel cannot use a key that lives in memory only.
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
        }
    }
}
