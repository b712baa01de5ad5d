using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Publishing;

/// <summary>What docs/releases.md promises about the downloads, read from those that the build made of the published executable.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
internal sealed partial class DownloadTests
{
    private const UnixFileMode Plain =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Program =
        Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly string Folder = Path.Combine(Repository.Root, "artifacts", "packages");

    private DirectoryInfo _unpacked = null!;

    [OneTimeSetUp]
    public void Unpack()
    {
        _unpacked = Directory.CreateTempSubdirectory("download-");
        ZipFile.ExtractToDirectory(Download("*_linux_amd64.zip"), _unpacked.FullName);
    }

    [OneTimeTearDown]
    public void Remove() => _unpacked?.Delete(recursive: true);

    [Test]
    public void Zip_HasTheExecutableAtTheTop_AsItWasPublished()
    {
        var executable = Path.Combine(_unpacked.FullName, "nomad-device-gpu");

        Assert.That(File.ReadAllBytes(executable), Is.EqualTo(File.ReadAllBytes(Repository.Executable())));
        Assert.That(File.GetUnixFileMode(executable), Is.EqualTo(Program));
    }

    [TestCase("LICENSE")]
    [TestCase("NOTICE")]
    [TestCase("licenses/Apache-2.0.txt")]
    [TestCase("licenses/Microsoft.NETCore.third-party-notices.txt")]
    [TestCase("examples/prometheus-alerts.yml")]
    [TestCase("examples/grafana-dashboard.json")]
    [TestCase("docs/operating.md")]
    public void Zip_Holds(string file) => Assert.That(Path.Combine(_unpacked.FullName, file), Does.Exist);

    [Test]
    public void Zip_LinksOfItsPages_LeadToFilesInIt()
    {
        var broken = from page in Directory.EnumerateFiles(_unpacked.FullName, "*.md", SearchOption.AllDirectories)
                     from Match link in Link().Matches(File.ReadAllText(page))
                     let target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value)
                     where !Path.Exists(target)
                     select $"{Path.GetRelativePath(_unpacked.FullName, page)}: {link.Groups[1].Value}";

        Assert.That(broken, Is.Empty);
    }

    [Test]
    public void Zip_EveryEntry_HasTheSameTimeAndSortedNames()
    {
        using var zip = ZipFile.OpenRead(Download("*_linux_amd64.zip"));

        Assert.That(zip.Entries.Select(entry => entry.LastWriteTime).Distinct(), Has.Exactly(1).Items);
        Assert.That(zip.Entries.Select(entry => entry.FullName), Is.Ordered.Using(StringComparer.Ordinal as System.Collections.IComparer));
    }

    // Whoever writes a package without saying so makes the files those of the user who built it.
    [Test]
    public async Task Deb_InstallsTheExecutableDocsAndOneLink_AsRoot()
    {
        var list = await RunAsync(Prerequisite.Command("dpkg-deb", "dpkg"), "--contents", Download("*_amd64.deb"));
        var lines = list.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Multiple(() =>
        {
            Assert.That(lines, Has.All.Contains(" root/root "));
            Assert.That(list, Does.Match(@"-rwxr-xr-x root/root +\d+ \S+ \S+ \./usr/libexec/nomad-device-gpu/nomad-device-gpu\n"));
            Assert.That(list, Does.Contain("./usr/bin/nomad-device-gpu -> ../libexec/nomad-device-gpu/nomad-device-gpu"));
            Assert.That(lines.Where(line => line.StartsWith('-')), Has.All.Contains(" ./usr/libexec/").Or.All.Contains(" ./usr/"));
            Assert.That(list, Does.Contain("./usr/share/doc/nomad-device-gpu/copyright"));
            Assert.That(list, Does.Contain("./usr/share/doc/nomad-device-gpu/examples/agent.hcl"));
        });
    }

    [Test]
    public async Task Rpm_HasTheFilesOfTheDeb()
    {
        var deb = await RunAsync(Prerequisite.Command("dpkg-deb", "dpkg"), "--contents", Download("*_amd64.deb"));
        var rpm = await RunAsync(Prerequisite.Command("rpm", "rpm"), "-qplv", "--nosignature", Download("*.x86_64.rpm"));

        Assert.That(Files(rpm), Is.EquivalentTo(Files(deb.Replace(" ./", " /"))));

        static IEnumerable<string> Files(string list) => list.Split('\n')
            .Where(line => line.StartsWith('-')).Select(line => line[line.LastIndexOf(" /", StringComparison.Ordinal)..].Trim());
    }

    [Test]
    public async Task Packages_NeedTheGlibcThatTheExecutableNeeds()
    {
        var deb = await RunAsync(Prerequisite.Command("dpkg-deb", "dpkg"), "--field", Download("*_amd64.deb"), "Depends");
        var rpm = await RunAsync(Prerequisite.Command("rpm", "rpm"), "-qp", "--nosignature", "--requires", Download("*.x86_64.rpm"));

        Assert.That(deb.Trim(), Is.EqualTo($"libc6 (>= {PublishedFileTests.NativeGlibc})"));
        Assert.That(rpm, Does.Contain($"glibc >= {PublishedFileTests.NativeGlibc}"));
    }

    [TestCase("*_linux_amd64.zip")]
    [TestCase("*_amd64.deb")]
    [TestCase("*.x86_64.rpm")]
    public void BillOfMaterials_NamesTheFileAndWhatNoticeNames(string pattern)
    {
        var file = Download(pattern);
        using var bill = JsonDocument.Parse(File.ReadAllText($"{file}.cdx.json"));
        var component = bill.RootElement.GetProperty("metadata").GetProperty("component");
        var names = bill.RootElement.GetProperty("components").EnumerateArray()
            .Select(each => each.GetProperty("name").GetString()!).ToList();
        var notice = File.ReadAllText(Path.Combine(Repository.Root, "NOTICE"));

        Assert.That(component.GetProperty("hashes")[0].GetProperty("content").GetString(), Is.EqualTo(Hash(file)));
        Assert.That(names, Does.Contain("Google.Protobuf").And.Contain("Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64"));
        Assert.That(names.Where(name => !notice.Contains(NoticeName(name), StringComparison.Ordinal)), Is.Empty);
    }

    // docs/releases.md: "Check a download" and "Make a release", with a key that is thrown away.
    [Test]
    public async Task Sums_AreThoseOfTheFiles_AndASignatureHoldsUntilAFileChanges()
    {
        var copy = Directory.CreateTempSubdirectory("signed-");
        try
        {
            foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(Download("SHA256SUMS"))!))
            {
                File.Copy(file, Path.Combine(copy.FullName, Path.GetFileName(file)));
            }

            var gpg = Prerequisite.Command("gpg", "gpg");
            var script = $"""
                set -e
                cd {copy.FullName}
                export GNUPGHOME={copy.FullName}/keys
                mkdir -m 700 keys
                {gpg} --batch --quiet --passphrase '' --quick-generate-key test@example.com default default never
                {gpg} --detach-sign --output SHA256SUMS.sig SHA256SUMS
                {gpg} --verify SHA256SUMS.sig SHA256SUMS
                sha256sum --ignore-missing -c SHA256SUMS
                echo more >> *.zip
                if sha256sum --status --ignore-missing -c SHA256SUMS; then exit 3; fi
                sed -i 's/^0/1/;t;s/^./0/' SHA256SUMS
                if {gpg} --verify SHA256SUMS.sig SHA256SUMS; then exit 4; fi
                gpgconf --kill all
                """;
            var output = await RunAsync("bash", "-c", script);

            Assert.That(
                output.Split('\n').Count(line => line.EndsWith(": OK", StringComparison.Ordinal)),
                Is.EqualTo(Directory.EnumerateFiles(Folder).Count() - 1), output);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    [Test]
    public void Provenance_NamesEachFileBeforeIt_AndTheCommit()
    {
        using var provenance = JsonDocument.Parse(File.ReadAllText(Download("*_provenance.json")));
        var subjects = provenance.RootElement.GetProperty("subject").EnumerateArray().ToDictionary(
            subject => subject.GetProperty("name").GetString()!,
            subject => subject.GetProperty("digest").GetProperty("sha256").GetString()!);

        Assert.That(subjects.Where(subject => Hash(Path.Combine(Folder, subject.Key)) != subject.Value), Is.Empty);
        Assert.That(subjects, Has.Count.EqualTo(6), "zip, deb and rpm, each with its bill of materials");
        Assert.That(provenance.RootElement.ToString(), Does.Match("\"gitCommit\": \"[0-9a-f]{40}\""));
    }

    private static string Download(string pattern) =>
        Directory.Exists(Folder) && Directory.EnumerateFiles(Folder, pattern).FirstOrDefault() is { } file
            ? file
            : Prerequisite.File(Path.Combine(Folder, pattern), "./build.sh packages");

    private static string Hash(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));

    // NOTICE names a family by its first part: the runtime, and the halves of Grpc.AspNetCore.
    private static string NoticeName(string package) =>
        package.StartsWith("Microsoft.NETCore.App.", StringComparison.Ordinal) ? ".NET runtime"
        : package.StartsWith("Microsoft.AspNetCore.App.", StringComparison.Ordinal) ? "ASP.NET Core"
        : package.StartsWith("Grpc.AspNetCore.", StringComparison.Ordinal) ? "Grpc.AspNetCore"
        : package;

    private static async Task<string> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().DefaultTimeout();
        await process.WaitForExitAsync().DefaultTimeout();
        Assert.That(process.ExitCode, Is.Zero, $"exit code of {command}: {output}{await errors}");
        return output;
    }

    [GeneratedRegex(@"\]\((?!https?:|#|mailto:)([^)#\s]+)")]
    private static partial Regex Link();
}
