import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "artifacts/",
      "bin/",
      "build/",
      "cache/",
      "coverage/",
      "node_modules/",
      "typechain-types/",
      "src/protocol/parameters.generated.ts",
      "eslint.config.js",
    ],
  },
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // A store is asynchronous for the sake of the one behind a network; a method that implements it need not wait for anything.
      "@typescript-eslint/require-await": "off",
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Randomness comes from the platform's CSPRNG." },
      ],
      eqeqeq: "error",
    },
  },
  {
    files: ["test/**"],
    rules: {
      // chai's assertions are expressions.
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
);
