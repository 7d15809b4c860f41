namespace PspGateway.Customers;

/// <summary>How the pages look that a paying person sees. Nothing is loaded from elsewhere.</summary>
internal static class PageStyle
{
    public const string Css = """
        :root { color-scheme: light; }
        body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f6f3f0; color: #1c1c1c; font: 1.0625rem/1.55 system-ui, sans-serif; }
        main { box-sizing: border-box; width: min(30rem, calc(100vw - 2rem)); padding: 2.5rem 2rem; background: #fff; border-radius: 1rem; box-shadow: 0 1px 3px #0002, 0 8px 30px #0001; }
        h1 { margin: 0 0 .75rem; font-size: 1.6rem; line-height: 1.25; }
        p { margin: 0 0 1.5rem; }
        a { display: block; padding: .9rem 1rem; border-radius: 2rem; background: #ff5b24; color: #1c0a02; font-weight: 600; text-align: center; text-decoration: none; }
        .with { margin: 0 0 1.25rem; color: #5b5b5b; font-weight: 600; }
        .with b { color: #c23b00; }
        .dots { display: flex; gap: .5rem; margin: 0 0 1.5rem; }
        .dots i { width: .7rem; height: .7rem; border-radius: 50%; background: #ff5b24; animation: wait 1.2s infinite ease-in-out; }
        .dots i:nth-child(2) { animation-delay: .15s; }
        .dots i:nth-child(3) { animation-delay: .3s; }
        @keyframes wait { 0%, 70%, 100% { opacity: .25; } 35% { opacity: 1; } }
        @media (prefers-reduced-motion: reduce) { .dots i { animation: none; } }
        a:focus-visible { outline: 3px solid #1c1c1c; outline-offset: 3px; }
        small { color: #5b5b5b; }
        form { margin: 0 0 .75rem; }
        main > :last-child { margin-bottom: 0; }
        button { display: block; width: 100%; padding: .9rem 1rem; border: 0; border-radius: 2rem; background: #ff5b24; color: #1c0a02; font: inherit; font-weight: 600; cursor: pointer; }
        button.quiet { background: none; color: #5b5b5b; font-weight: 400; text-decoration: underline; }
        button:focus-visible { outline: 3px solid #1c1c1c; outline-offset: 3px; }
        """;
}
