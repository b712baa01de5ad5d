using DevicePlugin.Tests;
using Microsoft.Playwright;

namespace DevicePlugin.FunctionalTests.StatusPage;

/// <summary>
/// Debian's Chromium without a window. A page of it fails its test for an error or for a request to elsewhere.
/// </summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly List<string> _faults = [];
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    private Browser()
    {
    }

    /// <summary>Faults that a test brings about itself.</summary>
    public Func<string, bool> Expected { get; set; } = _ => false;

    public static async Task<Browser> StartAsync()
    {
        var executable = Prerequisite.Command("chromium", "chromium");
        var browser = new Browser { _playwright = await Playwright.CreateAsync().DefaultTimeout() };
        browser._browser = await browser._playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = executable,

            // Build machines run as root, which Chromium's sandbox refuses; the page is our own.
            Args = ["--no-sandbox"],
        }).DefaultTimeout();
        return browser;
    }

    public async Task<IPage> OpenAsync(
        string url, int width = 1280, int height = 860, ColorScheme scheme = ColorScheme.Light)
    {
        var page = await _browser.NewPageAsync(new BrowserNewPageOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = scheme,
        });
        page.Console += (_, message) => Add(message.Type is "error" or "warning", message.Text);
        page.PageError += (_, error) => Add(true, error);
        page.Request += (_, request) => Add(
            !request.Url.StartsWith(url, StringComparison.Ordinal)
                && !request.Url.StartsWith("data:", StringComparison.Ordinal),
            $"a request to {request.Url}");
        await page.GotoAsync($"{url}/", new PageGotoOptions { WaitUntil = WaitUntilState.DOMContentLoaded });
        await page.Locator("#link", new PageLocatorOptions { HasTextString = "Live" }).WaitForAsync();
        return page;
    }

    public static Task ScreenshotAsync(IPage page, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "screenshots")).FullName;
        return page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}.png") });
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.CloseAsync();
        _playwright.Dispose();
        lock (_faults)
        {
            Assert.That(_faults.Where(fault => !Expected(fault)), Is.Empty, "the page did what it must not");
        }
    }

    private void Add(bool isFault, string text)
    {
        lock (_faults)
        {
            if (isFault)
            {
                _faults.Add(text);
            }
        }
    }
}
