// ./build.sh release: what users download. docs/releases.md describes the files and how a release is signed and checked.
#load "files.cake"
#load "metadata.cake"

const string ReleaseFolder = "artifacts/release";

record Download(string Flavour, string Zip, string Deb, string Rpm);

// HashiCorp's and Debian's name of an architecture, and RPM's. The managed flavour is for older systems: no package depends on those.
var downloads = new[]
{
    new Download("linux-x64", "linux_amd64", "amd64", "x86_64"),
    new Download("linux-arm64", "linux_arm64", "arm64", "aarch64"),
    new Download("linux-x64-compat", "linux_amd64_compat", null, null),
};
var packageTools = new[] { ("git", "git"), ("rpm", "rpmbuild"), ("dpkg", "dpkg-deb") };

string Ask(string command, string arguments)
{
    var exitCode = StartProcess(command, new ProcessSettings { Arguments = arguments, RedirectStandardOutput = true }, out var lines);
    return exitCode == 0 ? string.Join('\n', lines) : throw new CakeException($"'{command} {arguments}' ended with exit code {exitCode}.");
}

// Without --version: that of the tag on this commit.
string ReleaseVersion()
{
    var tag = Ask("git", "tag --points-at HEAD --list v[0-9]*").Split('\n').FirstOrDefault(line => line != "");
    var version = Argument("release-version", tag?[1..] ?? "1.0.0-dev");
    return Regex.IsMatch(version, @"^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$")
        ? version
        : throw new CakeException($"--version is {version}: it must be X.Y.Z or X.Y.Z-LABEL.");
}

DateTimeOffset CommitTime() => DateTimeOffset.FromUnixTimeSeconds(long.Parse(Ask("git", "log -1 --format=%ct")));

// A release is what is committed, and its changelog says what is in it.
void RequireReleasable(string version)
{
    if (Ask("git", "status --porcelain") is { Length: > 0 } changes)
    {
        throw new CakeException($"These files are not committed, and would be in the release:\n{changes}");
    }

    if (!System.IO.File.ReadAllText("CHANGELOG.md").Contains($"\n## [{version.Split('-')[0]}]"))
    {
        throw new CakeException($"CHANGELOG.md has no section for {version.Split('-')[0]}.");
    }
}

// Writes the downloads of these flavours, whose executables are under root, and then what describes all of them.
void WriteDownloads(string folder, string root, string version, IEnumerable<string> chosen)
{
    CleanDirectory(folder);
    var time = CommitTime();
    foreach (var download in downloads.Where(download => chosen.Contains(download.Flavour)))
    {
        var files = FilesFor(download.Flavour, root);
        var made = new List<string> { WriteZip($"{folder}/nomad-device-gpu_{version}_{download.Zip}.zip", files, time) };
        if (download.Deb is not null)
        {
            var tree = WriteTree($"{root}/tree/{download.Flavour}", files, time);
            made.Add(WriteDeb(folder, tree, version, download.Deb, time));
            made.Add(WriteRpm(folder, tree, version, download.Rpm, time));
        }

        made.ForEach(file => WriteBillOfMaterials(file, download.Flavour, root, version, time));
    }

    WriteProvenance(folder, version);
    WriteSums(folder);
}

// The packages of what was published last, for the tests.
void WriteTestedPackages() => WriteDownloads("artifacts/packages", "artifacts", ReleaseVersion(), ["linux-x64"]);

Task("Packages").Does(() => WriteTestedPackages());

Task("Release").Does(() =>
{
    var version = ReleaseVersion();
    if (HasArgument("part"))
    {
        Run("bash", $"packaging/test-{Argument<string>("part")}.sh {ReleaseFolder} {version}");
        return;
    }

    Provide([.. compiler, .. crossCompiler, .. packageTools]);
    RequireReleasable(version);
    // Outputs of their own: nothing of an earlier build is reused.
    var root = "artifacts/release-build";
    CleanDirectory(root);
    foreach (var download in downloads)
    {
        Publish(download.Flavour, root,
            $"-p:Version={version} -p:ContinuousIntegrationBuild=true --artifacts-path {MakeAbsolute(Directory(root))}/dotnet");
    }

    WriteDownloads(ReleaseFolder, root, version, downloads.Select(download => download.Flavour));
    Information(System.IO.File.ReadAllText($"{ReleaseFolder}/SHA256SUMS"));
});
