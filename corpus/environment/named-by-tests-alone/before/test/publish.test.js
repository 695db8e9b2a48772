test("token", () => expect(process.env.NPM_TOKEN).toBeDefined());
