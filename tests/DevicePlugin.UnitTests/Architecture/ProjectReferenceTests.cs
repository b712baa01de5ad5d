namespace DevicePlugin.UnitTests.Architecture;

/// <summary>Who may know whom; a new arrow is a decision, and this is where it shows.</summary>
internal sealed class ProjectReferenceTests
{
    private static readonly string[] OnlyInTheExecutable =
        ["Serilog", "System.CommandLine", "Spectre.Console", "prometheus-net"];

    [TestCase("DevicePlugin", "DevicePlugin.GoPlugin", "DevicePlugin.Gpu", "DevicePlugin.Hardware", "DevicePlugin.Nomad")]
    [TestCase("DevicePlugin.GoPlugin")]
    [TestCase("DevicePlugin.Gpu")]
    [TestCase("DevicePlugin.Hardware", "DevicePlugin.Gpu")]
    [TestCase("DevicePlugin.Nomad", "DevicePlugin.Gpu")]
    public void Project_ReferencesOurProjects_OnlyTheseArrows(string project, params string[] references)
    {
        Assert.That(Find(project).Projects, Is.EquivalentTo(references));
    }

    [Test]
    public void EveryProject_HasItsArrowsListed()
    {
        Assert.That(
            SourceProject.All.Select(project => project.Name),
            Is.EqualTo(new[]
            {
                "DevicePlugin", "DevicePlugin.GoPlugin", "DevicePlugin.Gpu", "DevicePlugin.Hardware", "DevicePlugin.Nomad",
            }));
    }

    [TestCaseSource(typeof(SourceProject), nameof(SourceProject.Libraries))]
    public void Library_ReferencesPackages_NoneThatBelongsToTheExecutable(SourceProject library)
    {
        Assert.That(library.Packages.Where(package => IsOneOf(package, OnlyInTheExecutable)), Is.Empty);
    }

    [TestCase("DevicePlugin.Gpu")]
    [TestCase("DevicePlugin.Hardware")]
    public void Project_BelowTheWire_KnowsNoGrpcAndNoProtobuf(string project)
    {
        Assert.Multiple(() =>
        {
            Assert.That(Find(project).Packages.Where(package => IsOneOf(package, "Grpc", "Google.Protobuf")), Is.Empty);
            Assert.That(Find(project).Frameworks, Is.Empty);
        });
    }

    [Test]
    public void Domain_ReferencesPackages_LoggingAbstractionsOnly()
    {
        Assert.That(
            Find("DevicePlugin.Gpu").Packages, Is.EqualTo(new[] { "Microsoft.Extensions.Logging.Abstractions" }));
    }

    private static SourceProject Find(string name) => SourceProject.All.Single(project => project.Name == name);

    private static bool IsOneOf(string package, params string[] families) =>
        families.Any(family => package == family || package.StartsWith(family + ".", StringComparison.Ordinal));
}
