// The files of the downloads, and the archives and packages. The same commit gives the same bytes: sorted names, the commit's time,
// fixed owners and modes.
using System.IO.Compression;

record PackedFile(string Source, string Target, bool Executable)
{
    public const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public UnixFileMode Mode => Executable ? Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : Plain;
}

// The runtime's own licence and its list of others, as its package has them.
IEnumerable<PackedFile> RuntimeLicences(string flavour, string root) =>
    from pack in RuntimePacks(flavour, root)
    from file in GetFiles($"{pack.Folder}/*.{{txt,TXT}}")
    let name = file.GetFilename().ToString()
    where name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase) || name.StartsWith("THIRD-PARTY", StringComparison.OrdinalIgnoreCase)
    select new PackedFile(file.FullPath, $"licenses/{pack.Name[..pack.Name.IndexOf(".App.")]}.{name.ToLowerInvariant()}", false);

// Targets are paths inside an archive; only what is committed is taken.
List<PackedFile> FilesFor(string flavour, string root)
{
    var texts = Ask("git", "ls-files --stage README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md SUPPORT.md LICENSE NOTICE docs examples packaging/licenses hwmocks/scenario.schema.json")
        .Split('\n').Select(line => line.Split('\t')).Select(cells => new PackedFile(
            cells[1], cells[1].Replace("packaging/", ""), cells[0].StartsWith("100755")));
    var executable = new PackedFile($"{root}/publish/{flavour}/nomad-device-gpu", "nomad-device-gpu", true);
    return [.. texts.Concat(RuntimeLicences(flavour, root)).Append(executable)
        .DistinctBy(file => file.Target).OrderBy(file => file.Target, StringComparer.Ordinal)];
}

string WriteZip(string path, List<PackedFile> files, DateTimeOffset time)
{
    using var zip = System.IO.Compression.ZipFile.Open(path, ZipArchiveMode.Create);
    foreach (var file in files)
    {
        var entry = zip.CreateEntry(file.Target, CompressionLevel.SmallestSize);
        // The zip format has no time zone: this is UTC.
        entry.LastWriteTime = time;
        entry.ExternalAttributes = ((int)file.Mode | 0x8000) << 16;
        using var content = entry.Open();
        using var source = System.IO.File.OpenRead(file.Source);
        source.CopyTo(content);
    }

    return path;
}

// The files as a package installs them.
string WriteTree(string tree, List<PackedFile> files, DateTimeOffset time)
{
    CleanDirectory(tree);
    foreach (var file in files)
    {
        var target = file.Target == "nomad-device-gpu"
            ? $"{tree}/usr/libexec/nomad-device-gpu/{file.Target}"
            : $"{tree}/usr/share/doc/nomad-device-gpu/{(file.Target == "NOTICE" ? "copyright" : file.Target)}";
        EnsureDirectoryExists(File(target).Path.GetDirectory());
        System.IO.File.Copy(file.Source, target);
        System.IO.File.SetUnixFileMode(target, file.Mode);
    }

    EnsureDirectoryExists($"{tree}/usr/bin");
    System.IO.File.CreateSymbolicLink($"{tree}/usr/bin/nomad-device-gpu", "../libexec/nomad-device-gpu/nomad-device-gpu");
    Run("bash", $"-c \"chmod -R u+rwX,go+rX,go-w {tree} && find {tree} -exec touch -h -d @{time.ToUnixTimeSeconds()} {{}} +\"");
    return MakeAbsolute(Directory(tree)).FullPath;
}

// A label makes an earlier version, for which both kinds of packages have the tilde.
string PackageVersion(string version) => version.Replace('-', '~');

void RunAt(DateTimeOffset time, string command, string arguments)
{
    var settings = new ProcessSettings
    {
        Arguments = arguments,
        EnvironmentVariables = new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = $"{time.ToUnixTimeSeconds()}", ["LC_ALL"] = "C.UTF-8" },
    };
    if (StartProcess(command, settings) is var exitCode and not 0)
    {
        throw new CakeException(exitCode, $"'{command} {arguments}' ended with exit code {exitCode}.");
    }
}

string WriteDeb(string folder, string tree, string version, string architecture, DateTimeOffset time)
{
    var control = $"{tree}/DEBIAN";
    var installed = System.IO.Directory.EnumerateFiles($"{tree}/usr", "*", SearchOption.AllDirectories)
        .Where(path => System.IO.File.ResolveLinkTarget(path, false) is null).Order(StringComparer.Ordinal).ToList();
    EnsureDirectoryExists(control);
    System.IO.File.WriteAllText($"{control}/control", System.IO.File.ReadAllText("packaging/control")
        .Replace("@VERSION@", PackageVersion(version)).Replace("@ARCHITECTURE@", architecture)
        .Replace("@SIZE@", $"{installed.Sum(path => (new System.IO.FileInfo(path).Length + 1023) / 1024)}"));
    System.IO.File.WriteAllLines($"{control}/md5sums", installed.Select(path =>
        $"{Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(System.IO.File.ReadAllBytes(path)))}  {path[(tree.Length + 1)..]}"));
    var path = $"{folder}/nomad-device-gpu_{PackageVersion(version)}_{architecture}.deb";
    // More threads would be other bytes.
    RunAt(time, "dpkg-deb", $"--root-owner-group -Zxz --threads-max=1 --build {tree} {path}");
    DeleteDirectory(control, new DeleteDirectorySettings { Recursive = true });
    return path;
}

string WriteRpm(string folder, string tree, string version, string architecture, DateTimeOffset time)
{
    var top = $"{System.IO.Path.GetDirectoryName(tree)}/rpm-{architecture}";
    CleanDirectory(top);
    RunAt(time, "rpmbuild", $"-bb --quiet --target {architecture} --define \"_topdir {top}\" --define \"_rpmdir {top}\" " +
        $"--define \"release_version {PackageVersion(version)}\" --define \"tree {tree}\" packaging/nomad-device-gpu.spec");
    var made = GetFiles($"{top}/{architecture}/*.rpm").Single();
    var path = $"{folder}/{made.GetFilename()}";
    CopyFile(made, path);
    return path;
}
