// The README's pictures, taken from the product itself: `make pictures`. Not a test of anything, so it runs only when asked.

import { pair, supervisor, test } from "./people";

const FOLDER = "../../docs";

test("a conversation and a queue", async ({ enter }) => {
  const { mentee } = pair(0);
  const phone = await enter(mentee, { viewport: { width: 360, height: 720 }, colorScheme: "light" });
  const box = phone.getByRole("textbox");
  await box.fill("Thank you for asking. My number is 07700 900123 if the site is slow.");
  await phone.getByRole("button", { name: "Send" }).click();
  await phone.getByText("Being checked").first().waitFor();
  const desk = await enter(supervisor(), { viewport: { width: 1280, height: 760 }, colorScheme: "light" });
  await desk.locator("[data-item]").first().click();
  await desk.locator(".acts").waitFor();
  await phone.screenshot({ path: `${FOLDER}/conversation.png` });
  await desk.screenshot({ path: `${FOLDER}/queue.png` });
});
