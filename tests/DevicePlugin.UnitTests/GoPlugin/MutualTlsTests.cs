using System.Security.Cryptography.X509Certificates;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Security;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace DevicePlugin.UnitTests.GoPlugin;

internal sealed class MutualTlsTests
{
    [Test]
    public void Create_HostCertificate_AnswersWithP521AndGoPluginsProperties()
    {
        using var client = EphemeralCertificate.Create();
        using var tls = MutualTls.Create(client.ExportCertificatePem());

        Assert.That(tls.EncodedCertificate, Does.Match("^[A-Za-z0-9+/]{50,}$"));
        using var ours = X509CertificateLoader.LoadCertificate(Unpadded(tls.EncodedCertificate));
        using var key = ours.GetECDsaPublicKey();
        Assert.Multiple(() =>
        {
            Assert.That(key!.KeySize, Is.EqualTo(521));
            Assert.That(ours.MatchesHostname("localhost"), Is.True);
            Assert.That(ours.NotBefore, Is.LessThan(DateTime.Now));
            Assert.That(ours.NotAfter, Is.GreaterThan(DateTime.Now.AddYears(29)));
        });
    }

    [Test]
    public void NewHttpsOptions_OnlyTheHostsCertificateIsAccepted()
    {
        using var client = EphemeralCertificate.Create();
        using var stranger = EphemeralCertificate.Create();
        using var tls = MutualTls.Create(client.ExportCertificatePem());

        var options = tls.NewHttpsOptions();

        Assert.That(options.ClientCertificateMode, Is.EqualTo(ClientCertificateMode.RequireCertificate));
        Assert.That(options.ClientCertificateValidation!(client, null, default), Is.True);
        Assert.That(options.ClientCertificateValidation(stranger, null, default), Is.False);
    }

    [TestCase("no certificate")]
    [TestCase("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void Create_BadPem_NamesTheVariable(string pem) =>
        Assert.That(
            () => MutualTls.Create(pem),
            Throws.TypeOf<PluginStartException>().With.Message.Contains("PLUGIN_CLIENT_CERT"));

    private static byte[] Unpadded(string base64) =>
        Convert.FromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '='));
}
