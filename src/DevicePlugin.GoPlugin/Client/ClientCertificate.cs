using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DevicePlugin.GoPlugin.Client;

/// <summary>The host's half of AutoMTLS: a key on P-521 and a certificate that live as long as one plugin process.</summary>
internal static class ClientCertificate
{
    // go-plugin's mtls.go: valid for 30 years and from half a minute ago, for clocks that differ.
    private static readonly TimeSpan ValidBefore = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ValidAfter = TimeSpan.FromHours(262_980);

    public static X509Certificate2 Create(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA512);
        AddExtensions(request);

        var now = time.GetUtcNow();
        var certificate = request.CreateSelfSigned(now - ValidBefore, now + ValidAfter);
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // SChannel uses no key that exists in memory only.
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }

    // Go's verifier wants an authority that signed itself, for both roles, by the name "localhost".
    private static void AddExtensions(CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.KeyAgreement |
            X509KeyUsageFlags.KeyCertSign,
            true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.2", "Client authentication"), new Oid("1.3.6.1.5.5.7.3.1", "Server authentication")],
            false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
    }
}
